"""What must be read again and shown to nobody is kept encrypted with the server's secret."""

from __future__ import annotations

from core.auth.tokens.secret import derived, secret_of
from core.auth.tokens.vault import OtherSecret, Vault
from core.configuration import core_settings
from core.plugins import Plugins
from core.settings import CoreSettings

_core: CoreSettings | None = None
_vaults: dict[str, Vault] = {}


def use(plugins: Plugins) -> None:
    """Encrypt with the secret of these settings, which is read when it is first needed."""
    global _core
    _core = core_settings(plugins)
    _vaults.clear()


def vault(purpose: str = "tasks") -> Vault:
    """Return what encrypts with a key for one purpose. Raises RuntimeError before ``use``."""
    if _core is None:
        raise RuntimeError("No settings are read yet: call core.tasks.task.use(plugins) first.")
    if purpose not in _vaults:
        _vaults[purpose] = Vault(derived(secret_of(_core), purpose))
    return _vaults[purpose]


def unlocked(kept: str) -> str:
    """Return what was encrypted. Raises GivenUp when it was for another secret."""
    from core.tasks.task import GivenUp

    try:
        return vault().unlock(kept)
    except OtherSecret:
        raise GivenUp("The payload was encrypted with another secret than core.secret.") from None

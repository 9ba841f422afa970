"""What can be wrong with a request about notes, beside what core knows."""

from __future__ import annotations

from typing import Any

import msgspec

from core import Conflict, Invalid, Problem, ProblemOut


class NoteSide(msgspec.Struct, frozen=True):
    """A note as one side has it."""

    title: str
    text: str


class MergeConflictOut(ProblemOut, frozen=True, kw_only=True):
    """Both sides of a conflict, and what both began from."""

    base: NoteSide
    theirs: NoteSide
    yours: NoteSide


class MergeConflict(Conflict):
    """The note was changed in the same lines since the version this change began from.

    The problem holds `base`, `theirs` (the note as it is now, at `version`) and `yours`. Nothing
    was changed. Make one text of the three and send it with `base_version` set to `version`.
    """

    code, title = "merge_conflict", "Changed in the same lines"

    def __init__(self, version: int, base: NoteSide, theirs: NoteSide, yours: NoteSide) -> None:
        super().__init__(
            f"The same lines were changed meanwhile; the note is at version {version} now. "
            "Merge base, theirs and yours, and send the result with that version as its base.",
            version=version,
        )
        self.base, self.theirs, self.yours = base, theirs, yours

    def out(self, request_id: str) -> ProblemOut:
        """Return what goes on the wire: the problem with the three texts."""
        said = super().out(request_id)
        fields: dict[str, Any] = {name: getattr(said, name) for name in said.__struct_fields__}
        return MergeConflictOut(**fields, base=self.base, theirs=self.theirs, yours=self.yours)


class InTrash(Conflict):
    """The note is in the trash. Restore it before it is changed."""

    code, title = "in_trash", "In the trash"


class NoSuchNotebook(Invalid):
    """The notebook named is not there, or you may not write in it."""

    code, title = "no_such_notebook", "No such notebook"


class TagTaken(Conflict):
    """Another tag has this name already."""

    code, title = "tag_taken", "Name taken"


class InCircle(Invalid):
    """A notebook cannot lie in itself, nor in one that lies in it, nor too deep."""

    code, title = "notebook_circle", "Cannot lie there"


class AlreadyMember(Conflict):
    """The notebook is shared with this user already, or is their own."""

    code, title = "already_member", "Already a member"


class NoSuchUser(Invalid):
    """Nobody has this username."""

    code, title = "no_such_user", "No such user"


class FullSyncNeeded(Problem):
    """The client was away for so long that deletions were forgotten. Sync without `since`."""

    status, code, title = 410, "full_sync_needed", "Sync from the beginning"


class PasswordNeeded(Problem):
    """The shared note has a password. Send it as `password` in a POST."""

    status, code, title = 403, "password_needed", "Password needed"


class WrongPassword(Problem):
    """That is not the password of the shared note."""

    status, code, title = 403, "wrong_share_password", "Wrong password of a share"


class TooManyGuesses(Problem):
    """Wrong passwords were tried too often. `Retry-After` says how long to wait."""

    status, code, title = 429, "too_many_guesses", "Too many guesses"


class ArchiveRefused(Invalid):
    """The zip file cannot be imported; the problem says why. Nothing was imported."""

    code, title = "archive_refused", "Cannot be imported"


class ArchiveTooLarge(Problem):
    """The zip file, or what is in it, is larger than may be imported. Nothing was imported."""

    status, code, title = 413, "archive_too_large", "Archive too large"

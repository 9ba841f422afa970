"""What Piccolo's own command line reads: the database, and the tables of the enabled plugins."""

from piccolo.conf.apps import AppRegistry

from core.configuration import core_settings, read
from core.db.engine import open_engine, use

_plugins = read()
DB = use(open_engine(core_settings(_plugins)))
APP_REGISTRY = AppRegistry(apps=[path for _, path in _plugins.call("register_tables")])

"""Notes keep what every plugin keeps."""

from core.testing import contract
from tests.plugins.notes.examples import BODIES, MADE

TestContract = contract("notes", bodies=BODIES, made=MADE)

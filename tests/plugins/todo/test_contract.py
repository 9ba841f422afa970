"""What every plugin keeps, kept by todo."""

from core.testing import contract
from tests.plugins.todo.examples import BODIES, MADE

TestContract = contract("todo", bodies=BODIES, made=MADE)

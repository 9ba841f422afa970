"""What every plugin keeps."""

from core.testing import contract

TestContract = contract("todo_backend.plugin")

"""What every plugin keeps, kept by the shortener."""

from core.testing import contract

TestContract = contract("shortener")

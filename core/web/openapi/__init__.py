"""The OpenAPI 3.1 document, built from the contracts of the enabled plugins' endpoints."""

from core.web.openapi.document import document

__all__ = ["document"]

"""What is expensive to find out and may be kept for a while. See docs/decisions/0006."""

from core.cache.namespace import Cache

__all__ = ["Cache"]

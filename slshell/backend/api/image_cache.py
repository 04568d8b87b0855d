"""Routes of the image cache."""

from __future__ import annotations

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from slshell.backend.api.threads import in_thread
from slshell.backend.services.cloud import Cloud
from slshell.model.cloud import Page
from slshell.model.image_cache import CachedImage


@get("/v1/image-cache")
@in_thread
def list_cached(cloud: NamedDependency[Cloud]) -> Page[CachedImage]:
    """What is held of the catalogue's images, and by whom it is used."""
    return Page(items=cloud.image_cache.all())


@post("/v1/image-cache/{appliance:str}/purge", status_code=200)
@in_thread
def purge_image(cloud: NamedDependency[Cloud], appliance: FromPath[str]) -> CachedImage:
    """Remove an image; a published one is listed again as not fetched. Answers what went."""
    return cloud.image_cache.drop(appliance)

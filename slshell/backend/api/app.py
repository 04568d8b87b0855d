"""The application: all routes, their errors and limits."""

from __future__ import annotations

from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.types import ASGIApp

from slshell import __version__
from slshell.backend.api import (
    activity,
    appliances,
    catalogue,
    consoles,
    errors,
    image_cache,
    instances,
    marketplace,
    volume_files,
    volumes,
)
from slshell.backend.api import cloud as cloud_routes
from slshell.backend.api.access import guarded
from slshell.backend.services.cloud import Cloud
from slshell.model.errors import SlshellError

MAX_BODY_BYTES = 1024 * 1024

ROUTES = [
    cloud_routes.read_status,
    cloud_routes.stop,
    cloud_routes.list_hosts,
    instances.list_instances,
    instances.run_instances,
    instances.get_instance,
    instances.update_instance,
    instances.kill_instance,
    instances.shutdown_instance,
    instances.start_instance,
    instances.reboot_instance,
    consoles.read_console,
    consoles.follow_console,
    consoles.open_console,
    instances.read_context,
    instances.save_instance,
    instances.read_metrics,
    instances.read_track,
    instances.list_types,
    appliances.list_appliances,
    appliances.get_appliance,
    appliances.import_by_address,
    appliances.upload,
    catalogue.search_catalogue,
    catalogue.publish_entry,
    catalogue.read_facts,
    catalogue.read_document,
    catalogue.list_marketplaces,
    catalogue.refresh_marketplaces,
    *marketplace.ROUTES,
    appliances.build_recipe,
    appliances.remove_appliance,
    image_cache.list_cached,
    image_cache.purge_image,
    volumes.list_volumes,
    volumes.create_volume,
    volumes.read_storage,
    volumes.get_volume,
    volumes.update_volume,
    volumes.delete_volume,
    volumes.undelete_volume,
    volumes.purge_volume,
    volumes.resize_volume,
    volumes.snapshot_volume,
    volumes.revert_volume,
    volumes.delete_snapshot,
    volumes.attach_volume,
    volumes.detach_volume,
    volumes.name_device,
    volume_files.begin_upload,
    volume_files.receive_part,
    volume_files.end_upload,
    volume_files.begin_export,
    volume_files.get_export,
    volume_files.send_export,
    volume_files.drop_export,
    activity.list_events,
    activity.list_jobs,
    activity.read_changes,
]


def application(cloud: Cloud, token: str = "") -> ASGIApp:
    """The ASGI application that serves a started `cloud`."""

    async def provided() -> Cloud:
        return cloud

    app = Litestar(
        route_handlers=ROUTES,
        dependencies={"cloud": Provide(provided)},
        exception_handlers={
            SlshellError: errors.ours,
            HTTPException: errors.litestars,
            Exception: errors.unexpected,
        },
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="slshell",
            version=__version__,
            description="A personal cloud of instances, appliances and hosts.",
        ),
    )
    return guarded(app, token, public=cloud.settings.cloud.marketplace_public)

"""Tasks, algorithms and their schemas: what the launch form is made of."""

from __future__ import annotations

from fastapi import APIRouter

from server.services.presentation import catalog
from server.web.schemas.catalog import Catalog

router = APIRouter(prefix="/api", tags=["catalog"])


@router.get("/catalog")
def get_catalog() -> Catalog:
    """Everything that a run can be made of."""
    return catalog.catalog()

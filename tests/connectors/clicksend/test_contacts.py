"""Contact lists and contacts (page 3.14)."""

from __future__ import annotations

import pytest

from connectors.clicksend import PROVIDER
from connectors.connection import Connection
from connectors.errors import InvalidCall, Rejected
from tests.connectors.clicksend.answers import (
    GONE,
    LISTED,
    NOT_THERE,
    delete,
    failed,
    get,
    page,
    post,
    put,
    told,
)
from tests.connectors.conversation import Conversation

LIST = {"list_id": 428, "list_name": "Guests", "list_email_id": "ABC", "_contacts_count": "812"}
LIST_OURS = {"list_id": "428", "name": "Guests", "email": "ABC", "contacts": 812}
CONTACT = {"contact_id": 90121, "list_id": 428, "phone_number": "+61491570156", "first_name": "Ada", "email": ""}
CONTACT_OURS = {
    **dict.fromkeys(("email", "fax", "last_name", "organization_name", "country", "created_at")),
    **dict.fromkeys(("custom_1", "custom_2", "custom_3", "custom_4")),
    "contact_id": "90121",
    "list_id": "428",
    "phone": "+61491570156",
    "first_name": "Ada",
}
CONTACTS = {
    "lists": Conversation(
        "list-contact-lists",
        {},
        get("/v3/lists", **LISTED),
        page(LIST),
        {"items": [LIST_OURS], "cursor": None, "total": 1},
    ),
    "list": Conversation("get-contact-list", {"list_id": 428}, get("/v3/lists/428"), told(LIST), {"list": LIST_OURS}),
    "new list": Conversation(
        "create-contact-list",
        {"name": "Guests"},
        post("/v3/lists", {"list_name": "Guests"}),
        told(LIST),
        {"list": LIST_OURS},
    ),
    "renamed list": Conversation(
        "update-contact-list",
        {"list_id": 428, "name": "Guests"},
        put("/v3/lists/428", {"list_name": "Guests"}),
        told(LIST),
        {"list": LIST_OURS},
    ),
    "deleted list": Conversation("delete-contact-list", {"list_id": 428}, delete("/v3/lists/428"), told([]), GONE),
    "contacts": Conversation(
        "list-contacts",
        {"list_id": 428, "limit": 100},
        get("/v3/lists/428/contacts", **LISTED),
        page(CONTACT),
        {"items": [CONTACT_OURS], "cursor": None, "total": 1},
    ),
    "contact": Conversation(
        "get-contact",
        {"list_id": 428, "contact_id": 90121},
        get("/v3/lists/428/contacts/90121"),
        told(CONTACT),
        {"contact": CONTACT_OURS},
    ),
    "no such contact": Conversation(
        "get-contact",
        {"list_id": 428, "contact_id": 90121},
        get("/v3/lists/428/contacts/90121"),
        failed(404, "NOT_FOUND"),
        raises=Rejected,
    ),
    "new contact": Conversation(
        "create-contact",
        {"list_id": 428, "phone": "0491 570 156", "country": "AU", "first_name": "Ada"},
        post(
            "/v3/lists/428/contacts",
            {"phone_number": "+61491570156", "address_country": "AU", "first_name": "Ada"},
        ),
        told(CONTACT),
        {"contact": CONTACT_OURS},
    ),
    "new contact nobody can reach": Conversation(
        "create-contact", {"list_id": 428, "first_name": "Ada"}, raises=InvalidCall
    ),
    "new contact in no list": Conversation(
        "create-contact",
        {"list_id": 999, "phone": "+61491570156"},
        post("/v3/lists/999/contacts", {"phone_number": "+61491570156"}),
        failed(403, "FORBIDDEN"),
        raises=Rejected,
        reason="other",
    ),
    "changed contact": Conversation(
        "update-contact",
        {"list_id": 428, "contact_id": 90121, "first_name": "Ada"},
        put("/v3/lists/428/contacts/90121", {"first_name": "Ada"}),
        told(CONTACT),
        {"contact": CONTACT_OURS},
    ),
    "deleted contact": Conversation(
        "delete-contact",
        {"list_id": 428, "contact_id": 90121},
        delete("/v3/lists/428/contacts/90121"),
        failed(404, "NOT_FOUND"),
        NOT_THERE,
    ),
    "copied": Conversation(
        "copy-contact",
        {"list_id": 428, "contact_id": 90121, "to_list_id": 429},
        put("/v3/lists/428/contacts/90121/copy/429"),
        told(CONTACT),
        {"contact": CONTACT_OURS},
    ),
    "moved": Conversation(
        "transfer-contact",
        {"list_id": 428, "contact_id": 90121, "to_list_id": 429},
        put("/v3/lists/428/contacts/90121/transfer/429"),
        told(CONTACT),
        {"contact": CONTACT_OURS},
    ),
    "duplicates": Conversation(
        "remove-duplicate-contacts",
        {"list_id": 428},
        put("/v3/lists/428/remove-duplicates/"),
        told(None),
        {"done": True, "details": None},
    ),
    "opted out": Conversation(
        "remove-opted-out-contacts",
        {"list_id": 428, "opt_out_list_id": 430},
        put("/v3/lists/428/remove-opted-out-contacts/430"),
        told({"count": 3}),
        {"done": True, "details": {"count": 3}},
    ),
    "import": Conversation(
        "import-contacts",
        dict(PROVIDER.actions["import-contacts"].example),
        post(
            "/v3/lists/428/import",
            {"file_url": "https://files.example.net/guests.csv", "field_order": ["phone_number", "first_name"]},
        ),
        told({"import_id": 1}),
        {"done": True, "details": {"import_id": 1}},
    ),
    "search": Conversation(
        "search-contacts",
        {"query": "Ada"},
        get("/v3/search/contacts-lists", q="Ada", **LISTED),
        page({"contact_id": 90121}),
        {"items": [{"contact_id": 90121}], "cursor": None, "total": 1},
    ),
}


@pytest.mark.parametrize("said", CONTACTS.values(), ids=CONTACTS)
def test_contacts(said: Conversation, connection: Connection, caplog: pytest.LogCaptureFixture) -> None:
    """Each leaves exactly the recorded request and ends as the table says."""
    said.check(PROVIDER, connection, caplog)

"""Contact lists and contacts (page 3.14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from connectors.clicksend import loose, phones
from connectors.clicksend.schemas import COUNTRY, Listing
from connectors.schema import Reply, Request


class ListName(Request):
    """A list's name."""

    name = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "The list's name.", "wire": "list_name", "example": "Guests"},
    )


class ListId(Request):
    """One list."""

    list_id = fields.Integer(
        required=True,
        validate=validate.Range(min=1),
        metadata={"description": "The contact list's id.", "example": 428},
    )


class RenamedList(ListId, ListName):
    """A list's new name."""


class ContactId(ListId):
    """One contact of a list."""

    contact_id = fields.Integer(
        required=True, validate=validate.Range(min=1), metadata={"description": "The contact's id.", "example": 90121}
    )


class GetContacts(Listing, ListId):
    """The contacts of a list."""


class _Contact(Request):
    phone = fields.String(
        metadata={
            "wire": "phone_number",
            "description": "E.164 with +; a local number needs `country`.",
            "example": "+61491570156",
        }
    )
    email = fields.Email(metadata={"description": "E-mail address.", "example": "ada@example.net"})
    fax = fields.String(metadata={"wire": "fax_number", "description": "E.164 with +."})
    first_name = fields.String(
        metadata={"description": "First name, as (First Name) in a text to a list fills in.", "example": "Ada"}
    )
    last_name = fields.String(metadata={"description": "Last name."})
    organization_name = fields.String(metadata={"description": "Organisation."})
    address_line_1 = fields.String(metadata={"description": "Address, first line."})
    address_line_2 = fields.String(metadata={"description": "Address, second line."})
    address_city = fields.String(metadata={"description": "City."})
    address_state = fields.String(metadata={"description": "State."})
    address_postal_code = fields.String(metadata={"description": "Postal code."})
    country = fields.String(
        validate=COUNTRY, metadata={"wire": "address_country", "description": "ISO 3166, as AU; reads local numbers."}
    )
    custom_1 = fields.String(metadata={"description": "Free field 1, for placeholders in texts to a list."})
    custom_2 = fields.String(metadata={"description": "Free field 2."})
    custom_3 = fields.String(metadata={"description": "Free field 3."})
    custom_4 = fields.String(metadata={"description": "Free field 4."})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Numbers in their one spelling."""
        for ours, theirs in (("phone", "phone_number"), ("fax", "fax_number")):
            if theirs in wire:
                try:
                    wire[theirs] = phones.to_e164(wire[theirs], wire.get("address_country"))
                except ValueError as problem:
                    raise ValidationError({ours: [str(problem)]}) from problem
        return wire


class NewContact(ListId, _Contact):
    """A contact; one of phone, email and fax at least."""

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """ClickSend keeps nobody who cannot be reached."""
        if not {"phone_number", "email", "fax_number"} & wire.keys():
            raise ValidationError({"phone": ["phone, email or fax"]})
        return super().to_wire(wire)


class ChangedContact(ContactId, _Contact):
    """What to change of a contact."""


class CopiedContact(ContactId):
    """Where to copy or move a contact."""

    to_list_id = fields.Integer(
        required=True,
        validate=validate.Range(min=1),
        metadata={"description": "The list that the contact goes to.", "example": 429},
    )


class RemoveOptedOut(ListId):
    """Which opt-out list holds those to remove."""

    opt_out_list_id = fields.Integer(
        required=True,
        validate=validate.Range(min=1),
        metadata={"description": "The list whose members are taken out.", "example": 430},
    )


class Import(ListId):
    """A CSV file to read contacts from."""

    file_url = fields.URL(
        required=True,
        metadata={
            "description": "Address of the CSV, as upload-media gives it.",
            "example": "https://f.example.net/c.csv",
        },
    )
    columns = fields.List(
        fields.String(validate=validate.Length(min=1)),
        required=True,
        validate=validate.Length(min=1),
        metadata={
            "wire": "field_order",
            "description": "What each column holds, in ClickSend's names.",
            "example": ["phone_number", "first_name"],
        },
    )


class Search(Listing):
    """Lists and contacts by a word."""

    query = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={
            "description": "What to look for, as field:value pairs joined by commas.",
            "wire": "q",
            "example": "Ada",
        },
    )


class ListTold(Reply):
    """One list."""

    list_id = loose.Id()
    name = loose.Words(data_key="list_name")
    email = loose.Text(data_key="list_email_id")
    contacts = loose.Count(data_key="_contacts_count")


class OneList(loose.Told):
    """One list."""

    list = fields.Nested(ListTold)

    def open(self, data: Any) -> dict[str, Any]:
        return {"list": dict(data) if isinstance(data, Mapping) else {}}


class Lists(loose.Page):
    """One page of lists."""

    items = fields.List(fields.Nested(ListTold))


class ContactTold(Reply):
    """One contact."""

    contact_id = loose.Id()
    list_id = loose.Id()
    phone = loose.Phone(data_key="phone_number")
    email = loose.Text()
    fax = loose.Phone(data_key="fax_number")
    first_name = loose.Words()
    last_name = loose.Words()
    organization_name = loose.Words()
    country = loose.Text(data_key="address_country")
    custom_1 = loose.Words()
    custom_2 = loose.Words()
    custom_3 = loose.Words()
    custom_4 = loose.Words()
    created_at = loose.Moment(data_key="date_added")


class OneContact(loose.Told):
    """One contact."""

    contact = fields.Nested(ContactTold)

    def open(self, data: Any) -> dict[str, Any]:
        return {"contact": dict(data) if isinstance(data, Mapping) else {}}


class Contacts(loose.Page):
    """One page of contacts."""

    items = fields.List(fields.Nested(ContactTold))


class Tidied(loose.Told):
    """What ClickSend says it did; imports are queued."""

    done = fields.Boolean(metadata={"description": "Always true: a refusal is an error."})
    details = fields.Dict(allow_none=True, metadata={"description": "As ClickSend says it."})

    def open(self, data: Any) -> dict[str, Any]:
        return {"done": True, "details": dict(data) if isinstance(data, Mapping) else None}


class Found(loose.Page):
    """Lists and contacts, as ClickSend gives them."""

    items = fields.List(fields.Dict())

"""What a connection may set, and which secrets it holds; README.md tells where each is found."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from connectors.infobip.fields import Text
from connectors.schema import Settings

HMAC_DIGESTS = {  # Infobip's words: hashlib's
    "HMAC_MD5": "md5",
    "HMAC_SHA_1": "sha1",
    "HMAC_SHA_224": "sha224",
    "HMAC_SHA_256": "sha256",
    "HMAC_SHA_384": "sha384",
    "HMAC_SHA_512": "sha512",
}
AUTH_MODES = ("api_key", "basic", "oauth2", "session")
REPORTS = ("message", "subscription", "off")


def _one_of(*words: str) -> validate.OneOf:
    return validate.OneOf(words)


def _said(description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, **more}


class InfobipSettings(Settings):
    """What a connection may set; README.md tells where each is found."""

    base_url = Text(
        metadata=_said("the account's host, e.g. xk4d9p.api.infobip.com; only the id will do as well", ask=True)
    )
    auth = Text(validate=_one_of(*AUTH_MODES), metadata=_said("api_key (default), basic, oauth2 or session"))
    sms_sender = Text(metadata=_said("sender of SMS that name none: up to 11 characters, a short code or a number"))
    mms_sender = Text(metadata=_said("sender of MMS that name none"))
    whatsapp_sender = Text(metadata=_said("registered WhatsApp number, used where an input names none"))
    email_sender = Text(metadata=_said("sender of e-mail that names none, e.g. Acme <news@mail.acme.example>"))
    voice_sender = Text(metadata=_said("caller id of voice messages that name none, digits"))
    entity_id = Text(validate=validate.Length(max=255), metadata=_said("tenant tag put on every message"))
    application_id = Text(validate=validate.Length(max=255), metadata=_said("application tag put on every message"))
    sms_version = Text(validate=_one_of("v3", "v2"), metadata=_said("v3 (default) or v2, the older calls"))
    email_version = Text(validate=_one_of("v3", "v4"), metadata=_said("v3 multipart (default) or v4, early access"))
    email_max_megabytes = fields.Float(
        validate=validate.Range(min=0, min_inclusive=False),
        metadata=_said("an e-mail with attachments above this many megabytes (10^6 bytes) is refused here; default 20"),
    )
    reports = Text(
        validate=_one_of(*REPORTS),
        metadata=_said(
            "how delivery reports come: message (each message names our URL; default), subscription (an Infobip "
            "subscription calls us; default once a webhook guard beyond the path is set) or off"
        ),
    )
    inbound = Text(
        validate=_one_of("push", "pull"), metadata=_said("how inbound messages come: push (default) or pull")
    )
    subscribe = fields.List(
        Text(), metadata=_said("channels that `register` subscribes; default SMS, WHATSAPP and EMAIL without resources")
    )
    session_minutes = fields.Float(
        validate=validate.Range(min=2), metadata=_said("life of a session token in minutes; default 60")
    )
    token_expires_at = Text(metadata=_said("written by Ferry: when the current token ends, RFC 3339", ask=False))
    webhook_username = Text(metadata=_said("Basic user name that Infobip's calls must carry (webhook_password)"))
    webhook_header = Text(metadata=_said("name of a header that Infobip's calls must carry (webhook_header_value)"))
    webhook_hmac_header = Text(metadata=_said("header of the HMAC signature; default X-Infobip-Signature"))
    webhook_hmac_algorithm = Text(validate=_one_of(*HMAC_DIGESTS), metadata=_said("default HMAC_SHA_256"))
    webhook_hmac_encoding = Text(validate=_one_of("hex", "base64"), metadata=_said("default hex"))
    webhook_hmac_prefix = Text(metadata=_said("what stands before the signature in its header, e.g. sha256="))


class InfobipSecrets(Settings):
    """Which of them are needed depends on the setting `auth`."""

    api_key = Text(metadata=_said("auth api_key: portal, Developer Tools, API keys", ask={"auth": (None, "api_key")}))
    username = Text(metadata=_said("auth basic or session: the portal user", ask={"auth": ("basic", "session")}))
    password = Text(metadata=_said("auth basic or session", ask={"auth": ("basic", "session")}))
    client_id = Text(
        metadata=_said("auth oauth2: the account's user name, or the id of an OAuth client", ask={"auth": ("oauth2",)})
    )
    client_secret = Text(metadata=_said("auth oauth2", ask={"auth": ("oauth2",)}))
    access_token = Text(metadata=_said("written by Ferry: the current token of auth oauth2 or session", ask=False))
    webhook_password = Text(metadata=_said("Basic password that Infobip's calls must carry"))
    webhook_header_value = Text(metadata=_said("value of the header `webhook_header`"))
    webhook_hmac_key = Text(metadata=_said("key of the HMAC security; its presence turns the check on"))

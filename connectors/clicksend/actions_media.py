"""MMS, voice and uploads, as rows of the table."""

from __future__ import annotations

from connectors.action import Action, Nature
from connectors.clicksend import batches, phones, schemas_sent
from connectors.clicksend import schemas_media as words
from connectors.clicksend.rows import DOCS, PAGES, PER_CALL, bodiless, changes, reads
from connectors.clicksend.schemas_reading import Cancelled, OfMessage

MMS, VOICE = f"{DOCS}/messaging/mms", f"{DOCS}/messaging/voice"
PICTURE = {
    "to": "+61491570156",
    "media_url": "https://files.example.net/menu.jpg",
    "subject": "Menu",
    "text": "Tonight's menu",
}
CALL = {"to": "+61491570156", "text": "Your code is 4, 7, 1, 1.", "lang": "en-au", "require_input": True}

ROWS = (
    Action(
        key="send-mms",
        title="Send MMS",
        description="Sends one picture to one party, or to many under `messages`; each has an outcome of its own.",
        method="POST",
        path="/v3/mms/send",
        request=words.SendMms,
        reply=schemas_sent.MessagesSent,
        repeatable=False,  # a second POST is a second message, and a second charge
        nature=Nature.SEND,
        example=PICTURE,
        docs=f"{MMS} (page 3.12)",
        party=phones.party,
        first=batches.within_budget("get-mms-price"),
        complete=batches.within(*words.MMS_TEXT),
        parts=batches.parts,
        cut=batches.cut,
        reaches=batches.reaches,
        without=batches.without,
        cost="one MMS a recipient",
        limits=(PER_CALL, "subject 20 characters, text 1,500 GSM-7 or 500 Unicode", "one jpg or gif of 250 kB"),
    ),
    reads(
        key="get-mms-price",
        title="Price MMS",
        description="What a send would cost; nothing is sent.",
        method="POST",
        path="/v3/mms/price",
        request=words.PriceMms,
        reply=schemas_sent.Prices,
        example=PICTURE,
        docs=f"{MMS} (page 3.12)",
        complete=batches.within(*words.MMS_TEXT),
    ),
    reads(
        key="get-mms-history",
        title="Get the MMS history",
        description="MMS of the last months.",
        path="/v3/mms/history",
        request=words.GetMmsHistory,
        reply=words.MmsHistory,
        example={"limit": 100},
        docs=f"{MMS} (page 3.12)",
        limits=(PAGES,),
    ),
    Action(
        key="send-voice",
        title="Call and read a text aloud",
        description="Calls one party, or many under `messages`, and reads a text; may ask for one key.",
        method="POST",
        path="/v3/voice/send",
        request=words.SendVoice,
        reply=schemas_sent.MessagesSent,
        repeatable=False,  # a second POST is a second call, and a second charge
        nature=Nature.SEND,
        example=CALL,
        docs=f"{VOICE} (page 3.11)",
        party=phones.party,
        first=batches.within_budget("get-voice-price"),
        complete=batches.within(*words.VOICE_TEXT),
        parts=batches.parts,
        cut=batches.cut,
        reaches=batches.reaches,
        without=batches.without,
        cost="one call a recipient",
        limits=(PER_CALL, "1,200 GSM-7 or 600 Unicode characters"),
    ),
    reads(
        key="get-voice-price",
        title="Price calls",
        description="What calls would cost; nobody is called.",
        method="POST",
        path="/v3/voice/price",
        request=words.PriceVoice,
        reply=schemas_sent.Prices,
        example=CALL,
        docs=f"{VOICE} (page 3.11)",
        complete=batches.within(*words.VOICE_TEXT),
    ),
    reads(
        key="get-voice-history",
        title="Get the history of calls",
        description="Calls of the last months, with the keys pressed.",
        path="/v3/voice/history",
        request=words.GetVoiceHistory,
        reply=words.VoiceHistory,
        example={"limit": 100},
        docs=f"{VOICE} (page 3.11)",
        limits=(PAGES,),
    ),
    reads(
        key="list-voice-languages",
        title="List the languages of calls",
        description="Languages and their voices; not every language has both.",
        path="/v3/voice/lang",
        request=words.ListLanguages,
        reply=words.Languages,
        example={},
        docs=f"{VOICE} (page 3.11)",
    ),
    changes(
        key="cancel-scheduled-voice",
        title="Cancel a scheduled call",
        description="Cancels one call that was not made yet; refused when this call cancelled nothing.",
        method="PUT",
        path="/v3/voice/{message_id}/cancel",
        request=OfMessage,
        reply=Cancelled,
        repeatable=True,
        example={"message_id": "1F1A3300-0000-6111-8222-333344445555"},
        docs=f"{VOICE} (page 3.11)",
        about="message_id",
        shape=bodiless,
    ),
    changes(
        key="upload-media",
        title="Upload media",
        description="Turns a file into something an MMS or an import can name; the link lives about 10 minutes.",
        method="POST",
        path="/v3/uploads",
        request=words.Upload,
        reply=words.Uploaded,
        repeatable=True,  # a second upload is a second link, and both expire by themselves
        example={"content": "R0lGODlhAQABAAAAACwAAAAAAQABAAA=", "convert": "mms"},
        docs=f"{DOCS}/uploads (page 3.14)",
        shape=words.convert,
        timeout=60.0,
    ),
)

"""SMS templates, as rows of the table."""

from __future__ import annotations

from connectors.clicksend import loose
from connectors.clicksend import schemas_templates as words
from connectors.clicksend.rows import DOCS, PAGES, changes, reads

TEMPLATES = f"{DOCS}/messaging/sms"

ROWS = (
    reads(
        key="list-sms-templates",
        title="List SMS templates",
        description="Plain texts for people: a send takes no template, so copy the text into the message.",
        path="/v3/sms/templates",
        request=words.GetTemplates,
        reply=words.Templates,
        example={"name": "Table ready", "order_by": "template_id:desc"},
        docs=f"{TEMPLATES} (page 3.7)",
        limits=(PAGES,),
    ),
    reads(
        key="get-sms-template",
        title="Get an SMS template",
        description="One saved text: its name and its words.",
        path="/v3/sms/templates/{template_id}",
        request=words.TemplateId,
        reply=words.OneTemplate,
        example={"template_id": 3103},
        docs=f"{TEMPLATES} (page 3.7)",
    ),
    changes(
        key="create-sms-template",
        title="Create an SMS template",
        description="Keeps a text under a name; names need not be unique.",
        method="POST",
        path="/v3/sms/templates",
        request=words.NewTemplate,
        reply=words.OneTemplate,
        repeatable=False,  # a second template of the same name is no error
        example={"name": "Late", "text": "We are running 15 minutes late, sorry!"},
        docs=f"{TEMPLATES} (page 3.8)",
    ),
    changes(
        key="update-sms-template",
        title="Update an SMS template",
        description="Changes name, text or both; what is not named is read first, since ClickSend wants both.",
        method="PUT",
        path="/v3/sms/templates/{template_id}",
        request=words.ChangedTemplate,
        reply=words.OneTemplate,
        repeatable=True,
        example={"template_id": 3103, "name": "Late", "text": "We are running 20 minutes late."},
        docs=f"{TEMPLATES} (page 3.9)",
        first=words.merge,
        complete=words.both,
    ),
    changes(
        key="delete-sms-template",
        title="Delete an SMS template",
        description="Deletes a template; one that is not there counts as deleted.",
        method="DELETE",
        path="/v3/sms/templates/{template_id}",
        request=words.TemplateId,
        reply=loose.Gone,
        repeatable=True,
        example={"template_id": 3103},
        docs=f"{TEMPLATES} (page 3.10)",
    ),
)

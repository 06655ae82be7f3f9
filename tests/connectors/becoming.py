"""
What each sample of each provider becomes: the events in their order, a status with the state it tells.

A row is a kind of event and the samples that become it.  `test_every_sample.py` holds it against what there is.
"""

INSTAGRAM_BATCH = (
    "message.reaction",
    *["message.received"] * 4,
    "message.sent",
    "conversation.read",
    "message.received",
)

BECOMES: dict[str, dict[str, str]] = {
    "onemsg": {
        "message.received": """
            message image video sticker audio voice document location contact button button-reply list-reply
            flow-reply quoted forwarded hidden-number order product text voice-ptt contact-plain contact-cloud
            contacts-several button-reply-bare list-reply-bare flow-reply-bare ephemeral unsupported template
            system call-log call-permission unheard-of message-single raw-message raw-image raw-voice
            raw-location raw-button raw-interactive raw-video raw-document raw-sticker raw-contacts raw-order
            raw-list-reply raw-flow-reply raw-system raw-unsupported
        """,
        "message.reaction": """
            reaction reaction-removed raw-reaction
        """,
        "message.received conversation.referral": """
            referral raw-referral
        """,
        "message.edited": """
            edited edited-short raw-edited
        """,
        "message.deleted": """
            revoked revoked-short ack-deleted raw-revoked
        """,
        "conversation.postback": """
            welcome
        """,
        "message.sent": """
            echo echo-app raw-echo
        """,
        "message.status:accepted": """
            ack-queued ack-accepted
        """,
        "message.status:sent": """
            ack-sent ack-one raw-sent
        """,
        "message.status:delivered": """
            ack-delivered ack-two ack-single raw-delivered raw-ack
        """,
        "message.status:read": """
            ack-read ack-viewed ack-three ack-played ack-minimal raw-status
        """,
        "message.status:failed": """
            ack-minus-one ack-error ack-undelivered ack-failed raw-failed
        """,
        "message.status:unknown": """
            ack-unheard-of
        """,
        "message.received message.received message.sent message.status:sent message.status:delivered": """
            batch
        """,
        "account.notice": """
            calls calls-raw number-quality number-name account-update account-review account-alert
        """,
        "unknown": """
            chat-update field-unheard-of
        """,
        "message.received message.status:read": """
            raw-root
        """,
        "template.status": """
            template-status template-quality template-category
        """,
    },
    "instagram": {
        "message.received": """
            message quick-reply image media video audio file reel post share story story-mention story-old
            reel-old share-old ephemeral like-heart template-empty fallback unsupported empty reply story-reply
            standby test bare
        """,
        "message.sent": """
            echo template-echo self
        """,
        "message.reaction": """
            reaction reaction-category reaction-ours unreact test-reaction
        """,
        "conversation.read": """
            seen seen-watermark
        """,
        "conversation.postback": """
            postback postback-without-mid
        """,
        "conversation.postback conversation.referral": """
            postback-referral
        """,
        "message.edited": """
            edit
        """,
        "message.deleted": """
            unsend
        """,
        " ".join(INSTAGRAM_BATCH): """
            batch
        """,
        "message.received conversation.referral": """
            ad-referral product-referral
        """,
        "unknown": """
            edit-hint comment-own messenger unheard-of
        """,
        "conversation.referral": """
            referral
        """,
        "conversation.optin": """
            optin
        """,
        "conversation.handover": """
            handover handover-take handover-request app-roles handover-change
        """,
        "account.notice": """
            policy policy-hyphen feedback story-insights
        """,
        "comment.received": """
            comment comment-on-entry live-comment mention mention-caption
        """,
    },
    "clicksend": {
        "message.received": """
            sms sms-form sms-get sms-unsolicited sms-legacy sms-empty sms-test mms mms-media mms-json
        """,
        "message.status:delivered": """
            receipt-delivered receipt-words receipt-test receipt-mms receipt-email receipt-fax receipt-voice
        """,
        "message.status:failed": """
            receipt-failed receipt-cancelled receipt-json
        """,
        "message.status:sent": """
            receipt-sent receipt-temporary receipt-routing
        """,
        "message.status:unknown": """
            receipt-unheard-of
        """,
        "unknown": """
            neither
        """,
    },
    "infobip": {
        "message.received": """
            sms sms-keyword mms whatsapp-message whatsapp-image whatsapp-video whatsapp-document whatsapp-voice
            whatsapp-audio whatsapp-sticker whatsapp-location whatsapp-contact whatsapp-button
            whatsapp-button-reply whatsapp-list-reply whatsapp-flow-reply whatsapp-order whatsapp-referral
            whatsapp-infected whatsapp-unsupported whatsapp-payment whatsapp-payment-acknowledgement
            whatsapp-call-permission whatsapp-authentication email-message form-message form-text form-video
            form-audio form-document form-file form-location form-url form-subject form-button-reply
            form-list-reply form-flow-response form-form-response form-payment-response
        """,
        "message.status:delivered": """
            sms-report mms-report whatsapp-report email-delivered voice-report voice-report-v1 form-report
        """,
        "message.status:failed": """
            sms-report-v2 sms-report-expired sms-report-rejected email-report email-late-bounce
        """,
        "message.status:accepted": """
            sms-report-pending sms-report-accepted
        """,
        "message.status:sent": """
            sms-report-operator
        """,
        "message.status:unknown": """
            sms-report-unheard-of
        """,
        "message.clicked": """
            sms-click whatsapp-click email-clicked
        """,
        "message.reaction": """
            whatsapp-reaction whatsapp-reaction-removed form-reaction form-reaction-removed
        """,
        "message.status:read": """
            whatsapp-seen form-seen
        """,
        "message.deleted": """
            whatsapp-deleted
        """,
        "template.status": """
            whatsapp-template whatsapp-template-category whatsapp-template-quality
        """,
        "account.notice": """
            whatsapp-identity whatsapp-payment-status email-blocked email-warning number-lookup number-masking
            number-masking-request
        """,
        "conversation.optout": """
            whatsapp-marketing-stop email-unsubscribed email-complained
        """,
        "conversation.optin": """
            whatsapp-marketing-resume
        """,
        "message.opened": """
            email-opened
        """,
        "unknown": """
            email-unheard-of form-unheard-of unheard-of
        """,
        "conversation.typing": """
            form-typing form-typing-stopped
        """,
    },
}

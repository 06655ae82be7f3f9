"""What a person can do about dead letters of one cause, in a sentence that names the command."""

from __future__ import annotations

RETRY, DISCARD = "`ferry failed retry --cause {}`", '`ferry failed discard --cause {} --reason "…"`'
SHOW = "`ferry failed list --cause {}`"
WRONG = f"what was asked for cannot be: hand it in anew, put right, then {DISCARD}"
UNKNOWN = (
    "it may have arrived: look there, then `ferry runs resolve ID succeeded|failed`; "
    "`ferry failed retry ID --force` may send it twice"
)
WORDS = {
    # a cause, or a word of one: what to do
    "window_closed": f"the window is closed until they write: send a template instead, then {DISCARD}",
    "opted_out": f"they want nothing more of us: {DISCARD}",
    "unknown_recipient": f"there is nobody by this number or id: correct it where it comes from, then {DISCARD}",
    "blocked": f"they or the provider let nothing through to them: {DISCARD}",
    "media": f"the file is not taken: its kind, its size, or where it lies; send it anew, then {DISCARD}",
    "template": f"the template is not approved, or filled wrongly: mend it at the provider, then {RETRY}",
    "credit": f"the account is empty: top it up, then {RETRY}",
    "auth": f"these credentials may not do that: give others (`ferry connection reconnect CONNECTION`), then {RETRY}",
    "duplicate": f"the provider has it already: {DISCARD}",
    "policy": f"the provider forbids it, and says why: {SHOW}; then {DISCARD}",
    "throttled": f"the provider was asked faster than it takes: {RETRY}",
    "expired": f"its time was over before it could leave: where it is still worth sending, {RETRY}; else {DISCARD}",
    "invalid_call": WRONG,
    "unsupported": WRONG,
    "unreachable": f"nobody answered: `ferry doctor` says whether somebody does now; then {RETRY}",
    "outcome_unknown": UNKNOWN,
    "unknown": UNKNOWN,
    "rejected": f"the provider refused it, and says why: {SHOW}; mend that, then {RETRY}",
    "bad_reply": f"the provider answered in words this Ferry does not know: after an update, {RETRY}",
    "handler_raised": f"a handler of yours fails, and the worker's log says where: mend it, restart, then {RETRY}",
    "handler_too_slow": f"make the handler quicker, or FERRY_HANDLER_SECONDS longer; restart, then {RETRY}",
    "handler_killed_worker": f"the handler ends its whole process: mend it, restart, then {RETRY}",
    "handler_gone": f"FERRY_HANDLERS names no such handler: name it again, restart, then {RETRY}; else {DISCARD}",
    "parser_killed_worker": f"reading it ends the process, which is Ferry's to mend: after an update, {RETRY}",
    "connection_gone": f"make the connection again under the same id, then {RETRY}; else {DISCARD}",
    "task:NotFound": f"the task names what is not there: make it, then {RETRY}; else {DISCARD}",
    "task:MayHaveRun": f"it may have been carried out: look, then `ferry failed retry ID --force`, or {DISCARD}",
    "task": f"the app that handed it in has to be mended, and hands it in anew; then {DISCARD}",
}
ELSE = f"look at what it says: {SHOW}; then {RETRY} or {DISCARD}"


def advice(cause: str) -> str:
    """The sentence; of a cause nobody foresaw it says how to look."""
    words = (cause, *reversed(cause.split(":")))  # a run's is provider:action:class:reason, the exact word last
    return next((WORDS[word] for word in words if word in WORDS), ELSE).replace("{}", cause)

"""Where an exception arose, without its words: those may quote a body, a key or a phone number."""

from __future__ import annotations

import traceback
from pathlib import PurePath


def where(problem: BaseException) -> str:
    """The type and the innermost frames: "KeyError at inbox.py:40 parse < receiver.py:80 _serve"."""
    frames = traceback.extract_tb(problem.__traceback__)[-4:]
    places = [f"{PurePath(one.filename).name}:{one.lineno} {one.name}" for one in reversed(frames)]
    return f"{type(problem).__name__} at {' < '.join(places)}" if places else type(problem).__name__

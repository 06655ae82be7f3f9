"""A provider is gone, or its answer is."""

from __future__ import annotations

from tests.crash.blows.scene import MOMENT_SECONDS, Scene, came, promise
from tests.eventually import eventually


def down(scene: Scene) -> bool:
    """Nobody answers its door for a while: what goes to others goes on, and what waits leaves in its order later."""
    provider = scene.provider()
    other = scene.dice.choice([one for one in scene.load.providers if one != provider])
    with scene.stand.wires[provider].cut():
        before, others = scene.replies(provider), scene.replies(other)
        met = came(lambda: scene.replies(other) >= others + 10)
        scene.acknowledged(60)
        promise("something reached a provider that was down", scene.replies(provider) == before)
    return met


def answer_cut(scene: Scene) -> bool:
    """The answer ends after some bytes of it, or before the first: proof decides, never a repetition."""
    wire = scene.stand.wires[scene.provider()]
    before = wire.bitten
    wire.bite(scene.dice.choice([0, 9, 60, 200]), times=2)
    return came(lambda: wire.bitten >= before + 2, MOMENT_SECONDS)


def request_cut(scene: Scene) -> bool:
    """The connection ends after the request was taken, or before it is: nobody can tell these apart."""
    provider = scene.provider()
    before = scene.stand.count(provider)
    scene.stand.behave(provider, drop=scene.dice.choice(["after", "after", "before"]), times=2)
    eventually(lambda: any(one["dropped"] for one in scene.stand.asked(provider, after=before)), MOMENT_SECONDS)
    return True

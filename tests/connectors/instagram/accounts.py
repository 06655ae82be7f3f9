"""The invented accounts of these tests, one for each login flavour."""

from __future__ import annotations

from connectors.connection import Connection

ACCOUNT = "17841400000000001"
PAGE = "100000000000077"
CUSTOMER = "900000000000001"
MID = "aWdfTUlEXzAwMDE"
APP_SECRET = "test_app_secret_0001"
IG_APP_SECRET = "test_ig_app_secret_0002"
VERIFY = "test_verify_token_0003"

INSTAGRAM = Connection(
    "shop-ig",
    "instagram",
    {"login_type": "instagram_login", "account_id": ACCOUNT},
    {
        "access_token": "IGAAtesttoken0001",
        "app_secret": APP_SECRET,
        "instagram_app_secret": IG_APP_SECRET,
        "verify_token": VERIFY,
    },
)
FACEBOOK = Connection(
    "shop-fb",
    "instagram",
    {"login_type": "facebook_login", "account_id": ACCOUNT, "page_id": PAGE},
    {"access_token": "EAAtesttoken0001", "app_secret": APP_SECRET, "verify_token": VERIFY},
)
BOTH = {"instagram_login": INSTAGRAM, "facebook_login": FACEBOOK}

"""Every private name of aiortc, aioice and pylibsrtp is used in this package only.

`contract` checks them at start, tests/streaming/media/adapter fails when one of them changes.
"""

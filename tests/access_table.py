"""Who gets which answer from every page: measured by tests/test_access_table.py, row by row.

A route or socket message without a row fails that test. `python -m tests.access_table` writes
docs/access.md from here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "access.md"

INTRODUCTION = """\
# Who gets which answer

Every route and every socket message of the portal, tried as each of these people. The test suite
measures each cell, and fails when a route or message has no row. Made by
`python -m tests.access_table` from `tests/access_table.py`.

- **anonymous** is not logged in.
- **stranger** owns another household: a foreign camera is answered like a missing one.
- **viewer**, **member** and **owner** are of the household that the page or camera is about.
- **superuser** runs the machine and lives in no household: sets up, and sees no picture.

`→ page` is a redirect; `→ admin:login` answers 403 to somebody who is logged in. `closed` is the
code that a socket closes with; `taken` means that it stays open and has nothing to reply.
"""

PEOPLE = ("anonymous", "stranger", "viewer", "member", "owner", "superuser")

PAGES = """
/ ; GET ; → account_login ; 200 ; 200 ; 200 ; 200 ; 200
/ ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/cameras/<slug:slug>/ ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/cameras/<slug:slug>/ ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/cameras/<slug:slug>/still.jpg ; GET ; → account_login ; 404 ; 204 ; 204 ; 204 ; 404
/cameras/<slug:slug>/still.jpg ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/cameras/<slug:slug>/health.json ; GET ; → account_login ; 404 ; 404 ; 404 ; 200 ; 404
/cameras/<slug:slug>/health.json ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/cameras/<slug:slug>/places/ ; GET ; → account_login ; 404 ; 404 ; 404 ; 200 ; 404
/cameras/<slug:slug>/places/ ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/cameras/<slug:slug>/places/add/ ; GET ; → account_login ; 404 ; 404 ; 404 ; 200 ; 404
/cameras/<slug:slug>/places/add/ ; POST ; → account_login ; 404 ; 404 ; 404 ; → places ; 404
/cameras/<slug:slug>/places/<int:place_id>/ ; GET ; → account_login ; 404 ; 404 ; 404 ; 200 ; 404
/cameras/<slug:slug>/places/<int:place_id>/ ; POST ; → account_login ; 404 ; 404 ; 404 ; → places ; 404
/cameras/<slug:slug>/places/<int:place_id>/delete/ ; GET ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/cameras/<slug:slug>/places/<int:place_id>/delete/ ; POST ; → account_login ; 404 ; 404 ; 404 ; → places ; 404
/cameras/<slug:slug>/recordings/ ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/cameras/<slug:slug>/recordings/ ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/cameras/<slug:slug>/recordings/timeline.json ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/cameras/<slug:slug>/recordings/timeline.json ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/cameras/<slug:slug>/recordings/boxes.json ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/cameras/<slug:slug>/recordings/boxes.json ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/cameras/<slug:slug>/recordings/playlist.m3u8 ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/cameras/<slug:slug>/recordings/playlist.m3u8 ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/recordings/<uuid:segment>/segment.mp4 ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/recordings/<uuid:segment>/segment.mp4 ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/recordings/<uuid:segment>/index.json ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/recordings/<uuid:segment>/index.json ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/recordings/<uuid:segment>/thumbnail.jpg ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/recordings/<uuid:segment>/thumbnail.jpg ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/cameras/<slug:slug>/clips/add/ ; GET ; → account_login ; 404 ; 404 ; 200 ; 200 ; 404
/cameras/<slug:slug>/clips/add/ ; POST ; → account_login ; 404 ; 404 ; → clips ; → clips ; 404
/alerts/ ; GET ; → account_login ; 200 ; 200 ; 200 ; 200 ; 200
/alerts/ ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/clips/ ; GET ; → account_login ; 200 ; 200 ; 200 ; 200 ; 200
/clips/ ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/clips/<int:clip>/change/ ; GET ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/clips/<int:clip>/change/ ; POST ; → account_login ; 404 ; 404 ; → clips ; → clips ; 404
/clips/<int:clip>/state.json ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/clips/<int:clip>/state.json ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/clips/<int:clip>/clip.mp4 ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/clips/<int:clip>/clip.mp4 ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/clips/<int:clip>/poster.jpg ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/clips/<int:clip>/poster.jpg ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/history/ ; GET ; → account_login ; 200 ; 200 ; 200 ; 200 ; 200
/history/ ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/history/act/ ; GET ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/history/act/ ; POST ; → account_login ; 404 ; 404 ; → history ; → history ; 404
/history/<int:visit>/ ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/history/<int:visit>/ ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/history/<int:visit>/change/ ; GET ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/history/<int:visit>/change/ ; POST ; → account_login ; 404 ; 404 ; → visit ; → visit ; 404
/history/<int:visit>/picture.jpg ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/history/<int:visit>/picture.jpg ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/pets/ ; GET ; → account_login ; 200 ; 200 ; 200 ; 200 ; 200
/pets/ ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/pets/add/ ; GET ; → account_login ; 200 ; 404 ; 200 ; 200 ; 404
/pets/add/ ; POST ; → account_login ; → pets ; 404 ; → pets ; → pets ; 404
/pets/<int:pet>/ ; GET ; → account_login ; 404 ; 404 ; 200 ; 200 ; 404
/pets/<int:pet>/ ; POST ; → account_login ; 404 ; 404 ; → pets ; → pets ; 404
/pets/<int:pet>/remove/ ; GET ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/pets/<int:pet>/remove/ ; POST ; → account_login ; 404 ; 404 ; → pets ; → pets ; 404
/pets/<int:pet>/photo.jpg ; GET ; → account_login ; 404 ; 200 ; 200 ; 200 ; 404
/pets/<int:pet>/photo.jpg ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/api/openapi.json ; GET ; → account_login ; 200 ; 200 ; 200 ; 200 ; 200
/api/openapi.json ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/api/docs ; GET ; → account_login ; 200 ; 200 ; 200 ; 200 ; 200
/api/docs ; POST ; → account_login ; 405 ; 405 ; 405 ; 405 ; 405
/api/v1/cameras/<slug:slug>/detections ; GET ; 405 ; 405 ; 405 ; 405 ; 405 ; 405
/api/v1/cameras/<slug:slug>/detections ; POST ; 401 ; 401 ; 401 ; 401 ; 401 ; 401
/api/ ; GET ; → account_login ; 404 ; 404 ; 404 ; 404 ; 404
/api/ ; POST ; → account_login ; 404 ; 404 ; 404 ; 404 ; 404
/first-run/ ; GET ; 404 ; 404 ; 404 ; 404 ; 404 ; 404
/first-run/ ; POST ; 404 ; 404 ; 404 ; 404 ; 404 ; 404
/account/login/ ; GET ; 200 ; → home ; → home ; → home ; → home ; → home
/account/login/ ; POST ; → home ; → home ; → home ; → home ; → home ; → home
/account/logout/ ; GET ; → account_login ; 200 ; 200 ; 200 ; 200 ; 200
/account/logout/ ; POST ; → account_login ; → account_login ; → account_login ; → account_login ; → account_login ; → account_login
/account/password/change/ ; GET ; → account_login ; 200 ; 200 ; 200 ; 200 ; 200
/account/password/change/ ; POST ; → account_login ; → account_change_password ; → account_change_password ; → account_change_password ; → account_change_password ; → account_change_password
/admin/ ; GET ; → admin:login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/ ; POST ; → admin:login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/login/ ; GET ; → account_login ; → admin:index ; 403 ; 403 ; → admin:index ; → admin:index
/admin/login/ ; POST ; → account_login ; → admin:index ; 403 ; 403 ; → admin:index ; → admin:index
/admin/logout/ ; GET ; → admin:login ; 405 ; → admin:index ; → admin:index ; 405 ; 405
/admin/logout/ ; POST ; → admin:login ; → account_login ; → admin:index ; → admin:index ; → account_login ; → account_login
/admin/password_change/ ; GET ; → admin:login ; → account_change_password ; → admin:login ; → admin:login ; → account_change_password ; → account_change_password
/admin/password_change/ ; POST ; → admin:login ; → account_change_password ; → admin:login ; → admin:login ; → account_change_password ; → account_change_password
/admin/jsi18n/ ; GET ; → admin:login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/jsi18n/ ; POST ; → admin:login ; 405 ; → admin:login ; → admin:login ; 405 ; 405
/admin/households/household/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/households/household/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; → admin:households_household_changelist
/admin/households/household/add/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 200
/admin/households/household/add/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; → admin:households_household_changelist
/admin/households/household/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/households/household/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/households/household/<path:object_id>/delete/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 200
/admin/households/household/<path:object_id>/delete/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; → admin:households_household_changelist
/admin/households/household/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/households/household/<path:object_id>/change/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:households_household_changelist ; → admin:households_household_changelist
/admin/households/household/<path:object_id>/ ; GET ; → account_login ; → admin:households_household_change ; → admin:login ; → admin:login ; → admin:households_household_change ; → admin:households_household_change
/admin/households/household/<path:object_id>/ ; POST ; → account_login ; → admin:households_household_change ; → admin:login ; → admin:login ; → admin:households_household_change ; → admin:households_household_change
/admin/households/member/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/households/member/ ; POST ; → account_login ; → admin:households_member_changelist ; → admin:login ; → admin:login ; → admin:households_member_changelist ; → admin:households_member_changelist
/admin/households/member/add/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/households/member/add/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; → admin:households_member_changelist ; → admin:households_member_changelist
/admin/households/member/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/households/member/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/households/member/<path:object_id>/delete/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/households/member/<path:object_id>/delete/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:households_member_changelist ; → admin:households_member_changelist
/admin/households/member/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/households/member/<path:object_id>/change/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:households_member_changelist ; → admin:households_member_changelist
/admin/households/member/<path:object_id>/ ; GET ; → account_login ; → admin:households_member_change ; → admin:login ; → admin:login ; → admin:households_member_change ; → admin:households_member_change
/admin/households/member/<path:object_id>/ ; POST ; → account_login ; → admin:households_member_change ; → admin:login ; → admin:login ; → admin:households_member_change ; → admin:households_member_change
/admin/streaming/camera/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/streaming/camera/ ; POST ; → account_login ; → admin:streaming_camera_changelist ; → admin:login ; → admin:login ; → admin:streaming_camera_changelist ; → admin:streaming_camera_changelist
/admin/streaming/camera/test/ ; GET ; → account_login ; 405 ; → admin:login ; → admin:login ; 405 ; 405
/admin/streaming/camera/test/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/streaming/camera/<path:object_id>/test/ ; GET ; → account_login ; 405 ; → admin:login ; → admin:login ; 405 ; 405
/admin/streaming/camera/<path:object_id>/test/ ; POST ; → account_login ; 404 ; → admin:login ; → admin:login ; 200 ; 200
/admin/streaming/camera/add/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/streaming/camera/add/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; → admin:streaming_camera_changelist ; → admin:streaming_camera_changelist
/admin/streaming/camera/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/streaming/camera/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/streaming/camera/<path:object_id>/delete/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/streaming/camera/<path:object_id>/delete/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:streaming_camera_changelist ; → admin:streaming_camera_changelist
/admin/streaming/camera/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/streaming/camera/<path:object_id>/change/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:streaming_camera_changelist ; → admin:streaming_camera_changelist
/admin/streaming/camera/<path:object_id>/ ; GET ; → account_login ; → admin:streaming_camera_change ; → admin:login ; → admin:login ; → admin:streaming_camera_change ; → admin:streaming_camera_change
/admin/streaming/camera/<path:object_id>/ ; POST ; → account_login ; → admin:streaming_camera_change ; → admin:login ; → admin:login ; → admin:streaming_camera_change ; → admin:streaming_camera_change
/admin/detections/place/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/place/ ; POST ; → account_login ; → admin:detections_place_changelist ; → admin:login ; → admin:login ; → admin:detections_place_changelist ; → admin:detections_place_changelist
/admin/detections/place/add/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/place/add/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; → admin:detections_place_changelist ; → admin:detections_place_changelist
/admin/detections/place/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/place/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/place/<path:object_id>/delete/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/place/<path:object_id>/delete/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:detections_place_changelist ; → admin:detections_place_changelist
/admin/detections/place/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/place/<path:object_id>/change/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:detections_place_changelist ; → admin:detections_place_changelist
/admin/detections/place/<path:object_id>/ ; GET ; → account_login ; → admin:detections_place_change ; → admin:login ; → admin:login ; → admin:detections_place_change ; → admin:detections_place_change
/admin/detections/place/<path:object_id>/ ; POST ; → account_login ; → admin:detections_place_change ; → admin:login ; → admin:login ; → admin:detections_place_change ; → admin:detections_place_change
/admin/detections/pet/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/pet/ ; POST ; → account_login ; → admin:detections_pet_changelist ; → admin:login ; → admin:login ; → admin:detections_pet_changelist ; → admin:detections_pet_changelist
/admin/detections/pet/add/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/pet/add/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; → admin:detections_pet_changelist ; → admin:detections_pet_changelist
/admin/detections/pet/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/pet/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/pet/<path:object_id>/delete/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/pet/<path:object_id>/delete/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:detections_pet_changelist ; → admin:detections_pet_changelist
/admin/detections/pet/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/pet/<path:object_id>/change/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:detections_pet_changelist ; → admin:detections_pet_changelist
/admin/detections/pet/<path:object_id>/ ; GET ; → account_login ; → admin:detections_pet_change ; → admin:login ; → admin:login ; → admin:detections_pet_change ; → admin:detections_pet_change
/admin/detections/pet/<path:object_id>/ ; POST ; → account_login ; → admin:detections_pet_change ; → admin:login ; → admin:login ; → admin:detections_pet_change ; → admin:detections_pet_change
/admin/detections/visit/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/visit/ ; POST ; → account_login ; → admin:detections_visit_changelist ; → admin:login ; → admin:login ; → admin:detections_visit_changelist ; → admin:detections_visit_changelist
/admin/detections/visit/add/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/detections/visit/add/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/detections/visit/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/visit/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/visit/<path:object_id>/delete/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/visit/<path:object_id>/delete/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:detections_visit_changelist ; → admin:detections_visit_changelist
/admin/detections/visit/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/visit/<path:object_id>/change/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:detections_visit_changelist ; → admin:detections_visit_changelist
/admin/detections/visit/<path:object_id>/ ; GET ; → account_login ; → admin:detections_visit_change ; → admin:login ; → admin:login ; → admin:detections_visit_change ; → admin:detections_visit_change
/admin/detections/visit/<path:object_id>/ ; POST ; → account_login ; → admin:detections_visit_change ; → admin:login ; → admin:login ; → admin:detections_visit_change ; → admin:detections_visit_change
/admin/detections/daycount/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/daycount/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/daycount/add/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/detections/daycount/add/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/detections/daycount/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/daycount/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/daycount/<path:object_id>/delete/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/detections/daycount/<path:object_id>/delete/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/detections/daycount/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/daycount/<path:object_id>/change/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/detections/daycount/<path:object_id>/ ; GET ; → account_login ; → admin:detections_daycount_change ; → admin:login ; → admin:login ; → admin:detections_daycount_change ; → admin:detections_daycount_change
/admin/detections/daycount/<path:object_id>/ ; POST ; → account_login ; → admin:detections_daycount_change ; → admin:login ; → admin:login ; → admin:detections_daycount_change ; → admin:detections_daycount_change
/admin/detections/look/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/look/ ; POST ; → account_login ; → admin:detections_look_changelist ; → admin:login ; → admin:login ; → admin:detections_look_changelist ; → admin:detections_look_changelist
/admin/detections/look/add/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/detections/look/add/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/detections/look/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/look/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/look/<path:object_id>/delete/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/look/<path:object_id>/delete/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:index ; → admin:index
/admin/detections/look/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/look/<path:object_id>/change/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/detections/look/<path:object_id>/ ; GET ; → account_login ; → admin:detections_look_change ; → admin:login ; → admin:login ; → admin:detections_look_change ; → admin:detections_look_change
/admin/detections/look/<path:object_id>/ ; POST ; → account_login ; → admin:detections_look_change ; → admin:login ; → admin:login ; → admin:detections_look_change ; → admin:detections_look_change
/admin/detections/ingesttoken/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/ingesttoken/ ; POST ; → account_login ; → admin:detections_ingesttoken_changelist ; → admin:login ; → admin:login ; → admin:detections_ingesttoken_changelist ; → admin:detections_ingesttoken_changelist
/admin/detections/ingesttoken/add/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/ingesttoken/add/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/ingesttoken/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/ingesttoken/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/ingesttoken/<path:object_id>/delete/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/ingesttoken/<path:object_id>/delete/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:detections_ingesttoken_changelist ; → admin:detections_ingesttoken_changelist
/admin/detections/ingesttoken/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/detections/ingesttoken/<path:object_id>/change/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:detections_ingesttoken_changelist ; → admin:detections_ingesttoken_changelist
/admin/detections/ingesttoken/<path:object_id>/ ; GET ; → account_login ; → admin:detections_ingesttoken_change ; → admin:login ; → admin:login ; → admin:detections_ingesttoken_change ; → admin:detections_ingesttoken_change
/admin/detections/ingesttoken/<path:object_id>/ ; POST ; → account_login ; → admin:detections_ingesttoken_change ; → admin:login ; → admin:login ; → admin:detections_ingesttoken_change ; → admin:detections_ingesttoken_change
/admin/recordings/policy/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/policy/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/policy/add/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/policy/add/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/policy/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/policy/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/policy/<path:object_id>/delete/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/policy/<path:object_id>/delete/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/policy/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/policy/<path:object_id>/change/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:recordings_policy_changelist ; → admin:recordings_policy_changelist
/admin/recordings/policy/<path:object_id>/ ; GET ; → account_login ; → admin:recordings_policy_change ; → admin:login ; → admin:login ; → admin:recordings_policy_change ; → admin:recordings_policy_change
/admin/recordings/policy/<path:object_id>/ ; POST ; → account_login ; → admin:recordings_policy_change ; → admin:login ; → admin:login ; → admin:recordings_policy_change ; → admin:recordings_policy_change
/admin/recordings/segment/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/segment/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/segment/add/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/segment/add/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/segment/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/segment/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/segment/<path:object_id>/delete/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/segment/<path:object_id>/delete/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/segment/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/segment/<path:object_id>/change/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/segment/<path:object_id>/ ; GET ; → account_login ; → admin:recordings_segment_change ; → admin:login ; → admin:login ; → admin:recordings_segment_change ; → admin:recordings_segment_change
/admin/recordings/segment/<path:object_id>/ ; POST ; → account_login ; → admin:recordings_segment_change ; → admin:login ; → admin:login ; → admin:recordings_segment_change ; → admin:recordings_segment_change
/admin/recordings/clip/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/clip/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/clip/add/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/clip/add/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/clip/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/clip/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/clip/<path:object_id>/delete/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/clip/<path:object_id>/delete/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:recordings_clip_changelist ; → admin:recordings_clip_changelist
/admin/recordings/clip/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/clip/<path:object_id>/change/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; → admin:recordings_clip_changelist ; → admin:recordings_clip_changelist
/admin/recordings/clip/<path:object_id>/ ; GET ; → account_login ; → admin:recordings_clip_change ; → admin:login ; → admin:login ; → admin:recordings_clip_change ; → admin:recordings_clip_change
/admin/recordings/clip/<path:object_id>/ ; POST ; → account_login ; → admin:recordings_clip_change ; → admin:login ; → admin:login ; → admin:recordings_clip_change ; → admin:recordings_clip_change
/admin/recordings/storage/ ; GET ; → account_login ; → admin:recordings_storage_change ; → admin:login ; → admin:login ; → admin:recordings_storage_change ; → admin:recordings_storage_change
/admin/recordings/storage/ ; POST ; → account_login ; → admin:recordings_storage_change ; → admin:login ; → admin:login ; → admin:recordings_storage_change ; → admin:recordings_storage_change
/admin/recordings/storage/add/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/storage/add/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/storage/<path:object_id>/history/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/storage/<path:object_id>/history/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/storage/<path:object_id>/delete/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/storage/<path:object_id>/delete/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/storage/<path:object_id>/change/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/storage/<path:object_id>/change/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; → admin:recordings_storage_changelist
/admin/recordings/storage/<path:object_id>/ ; GET ; → account_login ; → admin:recordings_storage_change ; → admin:login ; → admin:login ; → admin:recordings_storage_change ; → admin:recordings_storage_change
/admin/recordings/storage/<path:object_id>/ ; POST ; → account_login ; → admin:recordings_storage_change ; → admin:login ; → admin:login ; → admin:recordings_storage_change ; → admin:recordings_storage_change
/admin/recordings/alert/ ; GET ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/alert/ ; POST ; → account_login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/alert/add/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/alert/add/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/alert/<path:object_id>/history/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/alert/<path:object_id>/history/ ; POST ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/alert/<path:object_id>/delete/ ; GET ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/alert/<path:object_id>/delete/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/alert/<path:object_id>/change/ ; GET ; → account_login ; → admin:index ; → admin:login ; → admin:login ; 200 ; 200
/admin/recordings/alert/<path:object_id>/change/ ; POST ; → account_login ; 403 ; → admin:login ; → admin:login ; 403 ; 403
/admin/recordings/alert/<path:object_id>/ ; GET ; → account_login ; → admin:recordings_alert_change ; → admin:login ; → admin:login ; → admin:recordings_alert_change ; → admin:recordings_alert_change
/admin/recordings/alert/<path:object_id>/ ; POST ; → account_login ; → admin:recordings_alert_change ; → admin:login ; → admin:login ; → admin:recordings_alert_change ; → admin:recordings_alert_change
/admin/^(?P<app_label>households|streaming|detections|recordings)/$ ; GET ; → admin:login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/^(?P<app_label>households|streaming|detections|recordings)/$ ; POST ; → admin:login ; 200 ; → admin:login ; → admin:login ; 200 ; 200
/admin/(?P<url>.*)$ ; GET ; → admin:login ; 404 ; → admin:login ; → admin:login ; 404 ; 404
/admin/(?P<url>.*)$ ; POST ; → admin:login ; 404 ; → admin:login ; → admin:login ; 404 ; 404
/healthz ; GET ; 200 ; 200 ; 200 ; 200 ; 200 ; 200
/healthz ; POST ; 405 ; 405 ; 405 ; 405 ; 405 ; 405
"""  # noqa: E501  (a table)

SOCKETS = """
/ws/cameras/<slug:slug>/live/ ; ping ; closed 4401 ; closed 4404 ; pong ; pong ; pong ; closed 4404
/ws/cameras/<slug:slug>/live/ ; boxes.want ; closed 4401 ; closed 4404 ; taken ; taken ; taken ; closed 4404
/ws/cameras/<slug:slug>/live/ ; boxes.credit ; closed 4401 ; closed 4404 ; taken ; taken ; taken ; closed 4404
/ws/cameras/<slug:slug>/live/ ; session.open ; closed 4401 ; closed 4404 ; to the streamer ; to the streamer ; to the streamer ; closed 4404
/ws/cameras/<slug:slug>/live/ ; session.claim ; closed 4401 ; closed 4404 ; to the streamer ; to the streamer ; to the streamer ; closed 4404
/ws/cameras/<slug:slug>/live/ ; session.close ; closed 4401 ; closed 4404 ; taken ; taken ; taken ; closed 4404
/ws/cameras/<slug:slug>/live/ ; session.candidate ; closed 4401 ; closed 4404 ; taken ; taken ; taken ; closed 4404
/ws/cameras/<slug:slug>/live/ ; anything else ; closed 4401 ; closed 4404 ; closed 4400 ; closed 4400 ; closed 4400 ; closed 4404
/ws/cameras/<slug:slug>/media/ ; media.open ; closed 4401 ; closed 4404 ; taken ; taken ; taken ; closed 4404
/ws/cameras/<slug:slug>/media/ ; media.credit ; closed 4401 ; closed 4404 ; taken ; taken ; taken ; closed 4404
/ws/cameras/<slug:slug>/media/ ; media.close ; closed 4401 ; closed 4404 ; taken ; taken ; taken ; closed 4404
/ws/cameras/<slug:slug>/media/ ; anything else ; closed 4401 ; closed 4404 ; closed 4400 ; closed 4400 ; closed 4400 ; closed 4404
/ws/households/<int:household>/history/ ; ping ; closed 4401 ; closed 4404 ; pong ; pong ; pong ; closed 4404
/ws/households/<int:household>/history/ ; anything else ; closed 4401 ; closed 4404 ; closed 4400 ; closed 4400 ; closed 4400 ; closed 4404
"""  # noqa: E501  (a table)

# Who tells what they saw: programs, by their token. A login counts for nothing there.
PROGRAMS = (
    "no token",
    "unknown",
    "revoked",
    "expired",
    "another household's",
    "another camera's",
    "the camera's",
    "the household's",
)

TOKENS = """
/api/v1/cameras/<slug:slug>/detections ; POST ; 401 ; 401 ; 401 ; 401 ; 404 ; 404 ; 202 ; 202
/api/v1/cameras/<slug:slug>/detections ; GET ; 405 ; 405 ; 405 ; 405 ; 405 ; 405 ; 405 ; 405
"""

# What else a message holds when it makes sense.
MESSAGES: dict[str, dict[str, object]] = {
    "session.open": {"session": "a" * 32, "sdp": "v=0"},
    "session.claim": {"session": "a" * 32},
    # Of a session that is not this socket's.
    "session.close": {"session": "b" * 32},
    "session.candidate": {"session": "b" * 32, "candidate": "candidate:1 1 udp", "sdp_mid": "0"},
    "boxes.want": {"credit": 8},
    "boxes.credit": {"n": 1},
    "media.open": {"transport": "mse", "credit": 0},
    "media.credit": {"n": 1},
}

_CAMERA = {
    "household": "{home}",
    "name": "Hall",
    "source_kind": "demo",
    "rtsp_transport": "tcp",
    "position": "0",
    "ring_megabytes": "16",
}
_NEW_PASSWORD = {"password": "a brand new secret", "password_again": "a brand new secret"}
_PET = {"name": "Luna", "species": "cat", "colour": "#112233"}
_SURE = {"post": "yes"}
_HOUR = {"from": "2026-11-22T12:00:00Z", "to": "2026-11-22T13:00:00Z"}
_PLACE = {"kind": "sofa", "outline": "[[0.2, 0.2], [0.5, 0.2], [0.5, 0.5]]"}

# What a POST sends, so that whoever may do it does it; names in {} are filled in by the test.
FORMS: dict[str, dict[str, str]] = {
    "/account/login/": {"login": "vera", "password": "{password}"},
    "/account/password/change/": {
        "oldpassword": "{password}",
        "password1": "a brand new secret",
        "password2": "a brand new secret",
    },
    "/cameras/<slug:slug>/places/add/": _PLACE,
    "/cameras/<slug:slug>/places/<int:place_id>/": _PLACE,
    "/cameras/<slug:slug>/clips/add/": _HOUR,
    "/clips/<int:clip>/change/": {"act": "rename", "title": "Miso jumps"},
    "/history/act/": {"act": "delete", "visits": "{visit}"},
    "/history/<int:visit>/change/": {"act": "refute"},
    "/pets/add/": _PET,
    "/pets/<int:pet>/": _PET,
    "/admin/detections/pet/": {"action": "delete_selected", "_selected_action": "{pet}", **_SURE},
    "/admin/detections/pet/add/": {"household": "{home}", **_PET},
    "/admin/detections/pet/<path:object_id>/change/": _PET,
    "/admin/detections/pet/<path:object_id>/delete/": _SURE,
    "/admin/detections/visit/": {
        "action": "delete_selected",
        "_selected_action": "{visit}",
        **_SURE,
    },
    "/admin/detections/visit/<path:object_id>/change/": {"label": "dog"},
    "/admin/detections/visit/<path:object_id>/delete/": _SURE,
    "/admin/detections/look/": {
        "action": "delete_selected",
        "_selected_action": "{look}",
        **_SURE,
    },
    "/admin/detections/look/<path:object_id>/delete/": _SURE,
    "/admin/detections/ingesttoken/": {
        "action": "delete_selected",
        "_selected_action": "{token}",
        **_SURE,
    },
    "/admin/detections/ingesttoken/add/": {"household": "{home}", "name": "Board"},
    "/admin/detections/ingesttoken/<path:object_id>/change/": {"name": "Old board"},
    "/admin/detections/ingesttoken/<path:object_id>/delete/": _SURE,
    "/admin/detections/place/": {
        "action": "delete_selected",
        "_selected_action": "{bowl}",
        **_SURE,
    },
    "/admin/detections/place/add/": {"camera": "{camera}", **_PLACE},
    "/admin/detections/place/<path:object_id>/change/": _PLACE,
    "/admin/detections/place/<path:object_id>/delete/": _SURE,
    "/admin/households/household/": {
        "action": "delete_selected",
        "_selected_action": "{home}",
        **_SURE,
    },
    "/admin/households/household/add/": {"name": "Harbour"},
    "/admin/households/household/<path:object_id>/change/": {"name": "Harbour"},
    "/admin/households/household/<path:object_id>/delete/": _SURE,
    "/admin/households/member/": {
        "action": "delete_selected",
        "_selected_action": "{place}",
        **_SURE,
    },
    "/admin/households/member/add/": {
        "household": "{home}",
        "username": "nina",
        "role": "viewer",
        **_NEW_PASSWORD,
    },
    "/admin/households/member/<path:object_id>/change/": {
        "role": "viewer",
        "may_log_in": "on",
        **_NEW_PASSWORD,
    },
    "/admin/households/member/<path:object_id>/delete/": _SURE,
    "/admin/streaming/camera/": {
        "action": "delete_selected",
        "_selected_action": "{camera}",
        **_SURE,
    },
    "/admin/streaming/camera/add/": _CAMERA,
    "/admin/streaming/camera/<path:object_id>/change/": _CAMERA,
    "/admin/streaming/camera/<path:object_id>/delete/": _SURE,
    "/admin/recordings/policy/<path:object_id>/change/": {
        "mode": "visits",
        "pre_s": "5",
        "post_s": "5",
        "keep_days": "7",
    },
    "/admin/recordings/storage/<path:object_id>/change/": {
        "keep_free_mb": "500",
        "warn_percent": "70",
    },
    "/admin/recordings/clip/<path:object_id>/delete/": _SURE,
}

# What a GET asks for, so that there is something to answer.
QUERIES: dict[str, dict[str, str]] = {
    "/cameras/<slug:slug>/recordings/timeline.json": _HOUR,
    "/cameras/<slug:slug>/recordings/boxes.json": _HOUR,
    "/cameras/<slug:slug>/recordings/playlist.m3u8": _HOUR,
    "/recordings/<uuid:segment>/thumbnail.jpg": {"t": "0"},
}

# Who else than owners changes something of the household's where.
CHANGES_BY_OTHERS = {
    ("member", "/cameras/<slug:slug>/clips/add/"),
    ("member", "/clips/<int:clip>/change/"),
    ("member", "/history/act/"),
    ("member", "/history/<int:visit>/change/"),
    ("member", "/pets/add/"),
    ("member", "/pets/<int:pet>/"),
    ("member", "/pets/<int:pet>/remove/"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """`what` is a route and method, or a socket and message type."""

    what: tuple[str, str]
    answers: tuple[str, ...]


def document() -> str:
    """docs/access.md."""
    parts = [INTRODUCTION]
    for title, first, second, who, table in (
        ("Pages", "route", "method", PEOPLE, PAGES),
        ("Sockets", "socket", "message", PEOPLE, SOCKETS),
        ("Programs, by their token", "route", "method", PROGRAMS, TOKENS),
    ):
        line = "|---" * (len(who) + 2) + "|"
        parts += [f"\n## {title}\n", f"| {first} | {second} | {' | '.join(who)} |", line]
        for row in rows(table):
            what = f"`{row.what[0]}`".replace("|", "\\|")
            parts.append(f"| {what} | {row.what[1]} | {' | '.join(row.answers)} |")
    return "\n".join(parts) + "\n"


def rows(table: str) -> Iterator[Row]:
    """The rows of a table above."""
    for line in table.strip().splitlines():
        first, second, *answers = (cell.strip() for cell in line.split(";"))
        yield Row((first, second), tuple(answers))


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")

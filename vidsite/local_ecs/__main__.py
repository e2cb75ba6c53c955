"""`python -m vidsite.local_ecs`: serve at AWS_ENDPOINT_URL_ECS until SIGTERM; --help says what else there is."""

import logging
import shutil
import signal
import sys
from argparse import Namespace

from vidsite.local_ecs.api import LocalEcs
from vidsite.local_ecs.container import Guard
from vidsite.local_ecs.events import Courier
from vidsite.local_ecs.fleet import Fleet
from vidsite.local_ecs.life import SCRATCH, Surroundings
from vidsite.local_ecs.options import read_options
from vidsite.local_ecs.server import make_local_ecs
from vidsite.local_ecs.setting_up import set_up

END_SECONDS, LAST_WORDS_SECONDS = 10, 3
"""For how long tasks may end when the stand-in does, and be told of: less than its supervisor's patience."""


def main() -> None:
    options = read_options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("werkzeug", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    courier = Courier(options.events_url, options.event_secret)
    courier.start()
    LocalEcs.fleet, LocalEcs.around, LocalEcs.has_role = Fleet(), _surroundings(options, courier), options.role
    set_up(stop_seconds=options.stop_timeout)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        make_local_ecs(options.url).serve_forever()
    finally:
        LocalEcs.fleet.end(reason="The local ECS was told to stop", seconds=END_SECONDS)
        courier.finish(seconds=LAST_WORDS_SECONDS)


def _surroundings(options: Namespace, courier: Courier) -> Surroundings:
    options.work_dir.mkdir(parents=True, exist_ok=True)
    for left in options.work_dir.glob(f"{SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)
    return Surroundings(
        work_dir=options.work_dir,
        guard=Guard(),
        tell=courier.tell,
        provisioning_seconds=options.provisioning_seconds,
        pending_seconds=options.pending_seconds,
    )


if __name__ == "__main__":
    main()

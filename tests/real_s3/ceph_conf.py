"""How Ceph is set up to be small, quick and alone: what its defaults for a room full of machines do not allow."""

from pathlib import Path
from typing import Literal, TypeAlias

PORTS = 20
"""How many ports in a row a cluster takes: the gateway's, the monitor's, and the rest for the storage daemon."""

Objectstore: TypeAlias = Literal["memstore", "bluestore"]

TEMPLATE = """
[global]
fsid = {cluster_id}
mon host = v2:127.0.0.1:{monitor_port}/0
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
ms bind port min = {first_storage_port}
ms bind port max = {last_storage_port}

# All of it is on one machine and thrown away: nobody has to prove who they are.
auth cluster required = none
auth service required = none
auth client required = none
keyring = /dev/null
# The gateway asks for encryption of its own accord, which cannot be had without keys: it would hang.
ms mon client mode = crc

run dir = {folder}
# The path of a socket may have 107 characters, and that of a test's folder is longer than one thinks.
admin socket =
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
crash dir = {folder}

# One storage daemon is all there is, so there is one copy.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000

[mon.a]
mon data = {folder}/monitor
# How long it gathers changes: each of the pools that a new gateway makes would wait a second for its turn.
paxos propose interval = 0.05
paxos min wait = 0.01
# A disk that is nearly full is no business of the tests.
mon data avail warn = 1
mon data avail crit = 0

[osd]
osd data = {folder}/storage
osd objectstore = {objectstore}
memstore device bytes = {size_bytes}
bluestore block size = {size_bytes}
osd memory target = 1073741824

[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:{gateway_port}
rgw data = {folder}
rgw thread pool size = 64
rgw lc debug interval = {lifecycle_day_seconds}
# What was deleted is freed at once and not after two hours: it lies in memory.
rgw gc obj min wait = 1
rgw gc processor period = 5
"""


def ceph_conf(
    folder: Path,
    *,
    cluster_id: str,
    first_port: int,
    objectstore: Objectstore,
    size_bytes: int,
    lifecycle_day_seconds: int,
) -> str:
    """Return the text of ceph.conf for the monitor "a", the storage daemon "0" and the gateway "client.rgw.a"."""
    return TEMPLATE.format(
        folder=folder,
        cluster_id=cluster_id,
        gateway_port=first_port,
        monitor_port=first_port + 1,
        first_storage_port=first_port + 2,
        last_storage_port=first_port + PORTS - 1,
        objectstore=objectstore,
        size_bytes=size_bytes,
        lifecycle_day_seconds=lifecycle_day_seconds,
    )

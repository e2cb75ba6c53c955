"""Which machines Fargate has, for an attempt that needs a bigger one."""

FARGATE = {
    256: (512, 2048, 512),
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16384, 1024),
    4096: (8192, 30720, 1024),
    8192: (16384, 61440, 4096),
    16384: (32768, 122880, 8192),
}
"""CPU units to the least and the most memory in MiB, and its step."""


def bigger(cpu: int, memory_mib: int) -> tuple[int, int] | None:
    """Return CPU units and MiB with twice the memory, and no more CPU than that takes; None when there is no such.

    >>> bigger(1024, 2048), bigger(1024, 8192), bigger(4096, 30720), bigger(16384, 122880)
    ((1024, 4096), (2048, 16384), (8192, 61440), None)
    """
    wanted = 2 * memory_mib
    for units, (least, most, step) in FARGATE.items():
        if units >= cpu and 0 < wanted <= most:
            return units, max(least, -(-wanted // step) * step)
    return None

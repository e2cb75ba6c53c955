"""What a vCPU-hour costs, the memory beside it included. None where the settings give no price."""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

SPOT = "FARGATE_SPOT"
ARM = "ARM64"
UNITS_OF_VCPU = 1024
SMALLEST_PRICE = Decimal("0.00000001")
"""What an attempt keeps of a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What decides the price of an ECS task. `provider`: its capacity provider, else its launch type."""

    cpu: int
    memory_mib: int
    provider: str
    architecture: str

    @property
    def vcpus(self) -> float:
        return self.cpu / UNITS_OF_VCPU

    @property
    def is_fargate(self) -> bool:
        # Nobody else's provider may have a name that begins so (CreateCapacityProvider).
        return self.provider.startswith("FARGATE")


def of_celery() -> Decimal | None:
    """Return the price of an hour of CPU that a Celery worker uses."""
    price: Decimal | None = settings.PRICE_CELERY_VCPU_HOUR
    return price


def of_task(machine: Machine) -> Decimal | None:
    """Return the price of an hour of one of a task's vCPUs.

    Of a task on Fargate, with its part of the memory (https://aws.amazon.com/fargate/pricing/). A task on instances
    costs nothing itself; its vCPUs are priced as the part of an instance that it keeps from others.
    """
    if not machine.is_fargate:
        on_instances: Decimal | None = settings.PRICE_EC2_VCPU_HOUR
        return on_instances
    # As many GiB come with a vCPU as MiB with a CPU unit.
    gib_of_vcpu = Decimal(machine.memory_mib) / machine.cpu
    price: Decimal = settings.PRICE_FARGATE_VCPU_HOUR + settings.PRICE_FARGATE_GIB_HOUR * gib_of_vcpu
    if machine.provider == SPOT:
        price *= settings.PRICE_FARGATE_SPOT_SHARE
    if machine.architecture == ARM:
        price *= settings.PRICE_FARGATE_ARM64_SHARE
    return price.quantize(SMALLEST_PRICE)

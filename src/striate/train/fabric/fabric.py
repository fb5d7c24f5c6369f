"""The machine below the loop: devices, precision, several processes. Lightning Fabric does the work.

    one device        objective ---------------------------> loss.backward() -> optimizer.step()
    several, or fp16  Fabric(DDP | FSDP (objective)) -> Fabric's backward ---> optimizer.step()

On one device nothing has to be wrapped, and nothing is: Fabric's wrappers take 16 % of a LeNet step.
"""

import logging
import os
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import reduce
from operator import add
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import SettingError
from striate.records import Batch, Targets
from striate.tasks.model import TaskModel
from striate.train.fabric.fsdp import overwrite, spread, whole
from striate.train.finetune.freeze import first_thawed, layer_scales, thaw, thawing
from striate.train.run.settings import Settings

MOMENTUM = 0.9

Like = Callable[[Sequence[Tensor]], Targets]
"""``Targets.like`` of a batch: a wrapped module is passed tensors, and no objects that hold some."""


class Objective(nn.Module):
    """The sum of a task's losses as a forward pass: the form that DDP and FSDP can wrap."""

    def __init__(self, task: TaskModel[Any], *, channels_last: bool) -> None:
        super().__init__()
        self.task = task
        self._format = torch.channels_last if channels_last else torch.contiguous_format

    def forward(self, images: Tensor, sizes: Tensor, indices: Tensor, like: Like, *tensors: Tensor) -> Tensor:
        """The tensors of a batch, those of its targets last, and what makes targets of them -> a scalar."""
        # Fabric may have made them bf16
        known = [one.float() if one.is_floating_point() else one for one in tensors]
        batch = Batch(images.contiguous(memory_format=self._format), sizes, indices, like(known))
        return reduce(add, self.task.training_losses(batch).values())


class Executor:
    """A task model on its devices, with its optimizer.

    Args:
        task: in float32 on the CPU; it is moved.
        settings: decided ones.

    Raises:
        SettingError: this machine cannot do what is asked.
    """

    def __init__(self, task: TaskModel[Any], settings: Settings) -> None:
        self.settings, self.task = settings, task
        self.begin_epoch(None)
        self.fabric = start_fabric(settings)
        self.device: torch.device = self.fabric.device
        self.rank, self.world = self.fabric.global_rank, self.fabric.world_size
        task.to(self.device)
        alone_on_cpu = self.device.type == "cpu" and self.world == 1
        channels_last = settings.precision != "32" or alone_on_cpu
        if channels_last:
            task.to(memory_format=torch.channels_last)
        objective = Objective(task, channels_last=channels_last)
        self.wrapped = self.world > 1 or settings.precision == "16"
        self.objective = self.fabric.setup_module(objective) if self.wrapped else objective
        self.optimizer = make_optimizer(task, settings, fused=can_be_fused(settings))
        self._stepper = self.fabric.setup_optimizers(self.optimizer) if self.wrapped else self.optimizer
        self._parameters = list(task.parameters())

    def begin_epoch(self, epoch: int | None) -> None:
        """Let those layers learn that shall in an epoch, 0, 1, ...; in some epoch at all for None."""
        s, network = self.settings, self.task.network
        if s.finetune is None:
            return
        first = first_thawed(network, s.finetune)
        if s.unfreeze and epoch is not None:
            steps = thawing(network, first)
            first = steps[min(epoch // s.unfreeze, len(steps) - 1)]
        thaw(network, first)

    def arithmetic(self) -> AbstractContextManager[object]:
        """The context in which scores are computed at the run's precision."""
        context: AbstractContextManager[object] = self.fabric.autocast()
        return context

    def loss(self, batch: Batch) -> Tensor:
        """The loss of one batch on the device, a scalar."""
        if self.wrapped or self.settings.precision == "32":
            return self._loss(batch)
        with self.arithmetic():
            return self._loss(batch)

    def _loss(self, batch: Batch) -> Tensor:
        targets = batch.targets
        loss: Tensor = self.objective(
            batch.images, batch.sizes, batch.indices, targets.like, *targets.tensors()
        )
        return loss

    def use_rate(self, lr: float) -> None:
        """Give every group its share of a learning rate."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr * group.get("scale", 1.0)

    def update(self, loss: Tensor, lr: float) -> None:
        """One step of the optimizer down the gradient of the loss."""
        self.use_rate(lr)
        self.optimizer.zero_grad()
        if not self.wrapped:
            loss.backward()  # type: ignore[no-untyped-call]
            if self.settings.clip:
                nn.utils.clip_grad_norm_(self._parameters, self.settings.clip)
        else:
            self.fabric.backward(loss)
            if self.settings.clip:
                self.fabric.clip_gradients(
                    self.objective, self._stepper, max_norm=self.settings.clip, error_if_nonfinite=False
                )
        self._stepper.step()

    def agree(self, *flags: bool) -> list[bool]:
        """For each flag, whether any process raised it; all processes must ask."""
        if self.world == 1:
            return list(flags)
        raised = torch.tensor(flags, dtype=torch.int32, device=self.device)
        torch.distributed.all_reduce(raised, torch.distributed.ReduceOp.MAX)
        return [bool(flag) for flag in raised.tolist()]

    def mean(self, value: float) -> float:
        """The mean over all processes; all must ask."""
        return (
            value
            if self.world == 1
            else float(self.fabric.all_reduce(torch.tensor(value, dtype=torch.float64)))
        )

    def broadcast(self, text: str) -> str:
        """What the first process says; all processes must ask."""
        return text if self.world == 1 else str(self.fabric.broadcast(text))

    def state(self) -> dict[str, Any]:
        """Weights and the optimizer's memory, whole, on the CPU. All processes must ask."""
        scaler = self.fabric._precision.state_dict() if self.settings.precision == "16" else {}
        return {
            "model": whole(self.task.state_dict()),
            "optimizer": whole(self.optimizer.state_dict()),
            "scaler": scaler,
        }

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of ``state``; the rates and decays of the groups are those of the settings."""
        overwrite(self.task.state_dict(), state["model"])
        memory = state["optimizer"]["state"]
        for number, parameter in enumerate(self.parameters_in_order()):
            values = memory.get(number, {})
            values.update({name: spread(v, parameter) for name, v in values.items() if isinstance(v, Tensor)})
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": memory, "param_groups": groups})
        if state.get("scaler"):
            self.fabric._precision.load_state_dict(state["scaler"])

    def parameters_in_order(self) -> list[Tensor]:
        """As the optimizer numbers them."""
        return [parameter for group in self.optimizer.param_groups for parameter in group["params"]]

    def close(self) -> None:
        """Let go of the other processes."""
        if self.world > 1 and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


def make_optimizer(task: TaskModel[Any], settings: Settings, *, fused: bool) -> torch.optim.Optimizer:
    """SGD with Nesterov momentum, or AdamW. Only tensors of two axes or more decay: no biases, no norms.

    A group's ``scale`` is its share of the learning rate.
    """
    assert settings.lr is not None
    assert settings.weight_decay is not None
    scales = layer_scales(task.network, settings.layer_decay) if settings.layer_decay < 1 else {}
    alike: dict[tuple[float, bool], list[Tensor]] = {}
    for parameter in task.parameters():
        if parameter.requires_grad:
            alike.setdefault((scales.get(parameter, 1.0), parameter.ndim > 1), []).append(parameter)
    groups = [
        {"params": alike[scale, decays], "weight_decay": settings.weight_decay * decays, "scale": scale}
        for scale, decays in sorted(alike, reverse=True)  # the first group has the full rate
    ]
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=settings.lr, fused=fused)
    return torch.optim.SGD(groups, lr=settings.lr, momentum=MOMENTUM, nesterov=True, fused=fused)


def can_be_fused(settings: Settings) -> bool:
    """Whether torch's fused step serves: not for pieces of tensors, nor for some that join later."""
    return settings.strategy != "fsdp" and not settings.unfreeze


def start_fabric(settings: Settings) -> Any:
    """Fabric with its processes launched.

    Raises:
        SettingError: no such device, too few of them, or a precision that it does not have.
    """
    from lightning_fabric import Fabric

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    precision = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}[settings.precision]
    try:
        fabric = Fabric(
            accelerator=settings.accelerator,
            devices=settings.devices,
            num_nodes=settings.nodes,
            strategy=_strategy(settings),
            precision=precision,  # type: ignore[arg-type]
        )
    except (RuntimeError, ValueError) as reason:
        raise SettingError(
            f"there are no {settings.devices} devices of the kind {settings.accelerator!r}",
            "devices that this machine has",
            "accelerator cpu, devices 1",
        ) from reason
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the launcher, about threads
        meet_anew()
        fabric.launch()
    return fabric


def _strategy(settings: Settings) -> Any:
    if settings.strategy != "fsdp":
        several = "ddp_find_unused_parameters_true" if settings.unfreeze else "ddp"
        return several if settings.devices * settings.nodes > 1 else "auto"
    from lightning_fabric.strategies.model_parallel import ModelParallelStrategy

    return ModelParallelStrategy(
        cut, data_parallel_size=settings.devices * settings.nodes, tensor_parallel_size=1
    )


def cut(objective: nn.Module, mesh: Any) -> nn.Module:
    """Cut a network in pieces over the processes: each stage, then the rest."""
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    task: Any = objective.task
    for stage in task.backbone.stages:
        fully_shard(stage, mesh=mesh["data_parallel"])
    fully_shard(task.network, mesh=mesh["data_parallel"])
    for name in task.network_calls:
        register_fsdp_forward_method(task.network, name)
    return objective


def require_machine(settings: Settings) -> None:
    """This machine can do what is asked.

    Raises:
        SettingError: it cannot.
    """
    if settings.precision == "16" and (settings.strategy == "fsdp" or not torch.cuda.is_available()):
        raise SettingError(
            "precision is '16'", "a CUDA device, and not the strategy fsdp", "precision bf16, or 32"
        )
    if settings.strategy == "fsdp" and settings.parts.model is not None:
        raise SettingError(
            "strategy is 'fsdp' for a network of your own", "ddp, as nobody knows its stages", "strategy ddp"
        )
    if settings.strategy == "fsdp" and settings.unfreeze:
        raise SettingError(
            f"unfreeze is {settings.unfreeze} with the strategy fsdp",
            "layers that all learn from the start",
            "leave strategy out, or unfreeze",
        )
    if settings.strategy == "fsdp" and settings.devices * settings.nodes == 1:
        raise SettingError(
            "strategy is 'fsdp' on one device", "two devices or more", "devices 2, or leave strategy out"
        )


def meet_anew() -> None:
    """Under torchrun, meet the other processes of this start, and not addresses that dead ones left behind.

    torchrun keeps one store for all starts; without a prefix for each a process may dial one of the last.
    """
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return
    address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    store = torch.distributed.TCPStore(address, port, is_master=False)  # type: ignore[attr-defined]
    start = f"striate/{os.environ['TORCHELASTIC_RESTART_COUNT']}"
    torch.distributed.init_process_group(
        "nccl" if torch.cuda.is_available() else "gloo",
        store=torch.distributed.PrefixStore(start, store),  # type: ignore[attr-defined]
        rank=int(os.environ["RANK"]),
        world_size=int(os.environ["WORLD_SIZE"]),
    )


def rank() -> int:
    """The number of this process in the run, known before Fabric is set up; 0 is the one that speaks."""
    names = ("RANK", "SLURM_PROCID", "LOCAL_RANK")
    return next((int(os.environ[name]) for name in names if name in os.environ), 0)


def restarted() -> bool:
    """Whether torchrun started this process again after one of the run died."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0

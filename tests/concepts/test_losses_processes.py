"""Two processes with half of the batch each: values, gradients and steps of one with all of it."""

import socket
import sys

import pytest
import torch
from torch import distributed, nn
from torch.multiprocessing import spawn

from nesylib.concepts import ConceptLoss, gather_batch, lone_anchors, supcon_loss

CASES = {"even": (8, 8), "uneven": (5, 11), "empty": (0, 16)}


def batch(step=0):
    g = torch.Generator().manual_seed(step)
    x = torch.randn(16, 6, generator=g)
    y = torch.randint(4, (16,), generator=g)
    y[3], y[12] = 7, 7  # positives of one another only across the processes
    y[5] = 99
    return x, y


def layer():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.Sigmoid())


LOSSES = {
    "concepts": lambda c, y: ConceptLoss(temperature=0.05)(c, y).total,
    "sums": lambda c, y: (
        ConceptLoss(supcon_reduction="sum", entropy_reduction="sum", l1_reduction="sum")(c, y).total
    ),
    "supcon": lambda c, y: supcon_loss(c, y, gather=True),
    "apart": lambda c, y: ConceptLoss(gather=False)(c, y).total,
}


def steps(net, loss, part, n=5):
    """Losses of a few steps of AdamW on this process' part of each global batch."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.05)
    found = []
    for step in range(n):
        x, y = (t[part] for t in batch(step))
        value = loss(net(x), y)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        found.append(value.item())
    return found


def one_rank(rank, port, folder):
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2
    )
    out = {}
    for name, sizes in CASES.items():
        part = slice(0, sizes[0]) if rank == 0 else slice(sizes[0], 16)
        x, y = (t[part] for t in batch())
        for kind in ("concepts", "sums", "supcon"):
            net = nn.parallel.DistributedDataParallel(layer())
            value = LOSSES[kind](net(x), y)
            value.backward()
            out[name, kind] = value.item(), [p.grad for p in net.parameters()]
        rows, labels = gather_batch(x, y)
        out[name, "rows"] = torch.equal(rows, batch()[0]) and torch.equal(labels, batch()[1])
        out[name, "lone"] = ConceptLoss()(x.sigmoid(), y).lone
    part = slice(0, 8) if rank == 0 else slice(8, 16)
    for kind in ("concepts", "apart"):
        net = nn.parallel.DistributedDataParallel(layer())
        out["steps", kind] = steps(net, LOSSES[kind], part), list(net.module.state_dict().values())
    torch.save(out, f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    if not distributed.is_available() or sys.platform == "win32":
        pytest.skip("needs gloo")
    folder = tmp_path_factory.mktemp("ranks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    spawn(one_rank, (port, str(folder)), nprocs=2)
    return [torch.load(folder / f"{r}.pt", weights_only=True) for r in range(2)]


@pytest.mark.parametrize("kind", ["concepts", "sums", "supcon"])
@pytest.mark.parametrize("case", CASES)
def test_value_and_gradient_are_those_of_one_process(ranks, case, kind):
    net, (x, y) = layer(), batch()
    expected = LOSSES[kind](net(x), y)
    expected.backward()
    for out in ranks:
        value, gradients = out[case, kind]
        assert value == pytest.approx(expected.item(), rel=1e-5)
        for theirs, p in zip(gradients, net.parameters(), strict=True):
            torch.testing.assert_close(theirs, p.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_rows_and_lone_anchors_are_of_the_global_batch(ranks, case):
    assert all(out[case, "rows"] for out in ranks)
    lone = lone_anchors(batch()[1])
    assert all(out[case, "lone"] == lone for out in ranks)


def test_a_few_steps_end_at_the_same_weights_and_only_on_the_global_batch(ranks):
    net = layer()
    values = steps(net, LOSSES["concepts"], slice(0, 16))
    for out in ranks:
        found, weights = out["steps", "concepts"]
        assert found == pytest.approx(values, rel=1e-4)
        for theirs, p in zip(weights, net.parameters(), strict=True):
            torch.testing.assert_close(theirs, p.detach(), rtol=1e-3, atol=1e-4)
    # the control: without the global batch it is another training
    apart = ranks[0]["steps", "apart"][0][0], ranks[1]["steps", "apart"][0][0]
    assert abs(sum(apart) / 2 - values[0]) > 0.05

"""No call is lost over a server with faults, and few requests are sent: `perf/faults.py` in
small."""

# pyright: basic
from __future__ import annotations

import pytest
from perf.fake_server import ServerState, address, fault_plan, start
from perf.faults import MOST_REQUESTS, call_all


@pytest.mark.parametrize("seed", [0, 1])
async def test_no_call_is_lost_to_faults_and_few_requests_are_sent(seed: int) -> None:
    state = ServerState(latency_s=0.01, plan=fault_plan(seed), retry_after_s=0.1)
    server = await start(state)
    retry = {"base_s": 0.02}
    outcome = await call_all(address(server), 300, 64, retry=retry)
    server.close()
    await server.wait_closed()
    assert outcome.n_lost == 0
    assert state.counts["good"] == 300
    assert len(state.counts) == 5
    assert sum(state.counts.values()) <= MOST_REQUESTS * 300

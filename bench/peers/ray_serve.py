"""The same on Ray Serve: one replica, ONNX Runtime in it, batches as its own decorator makes them.

`python3 ray_serve.py MODEL.onnx`; POST /predict takes {id, inputs: [number]}, answers
{id, data: [number]}.
"""
import logging
import os
import signal
import socket
import sys

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_SERVE_ENABLE_TASK_EVENTS", "0")

import numpy
import onnxruntime
import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse


@serve.deployment(num_replicas=1, max_ongoing_requests=256, logging_config={"enable_access_log": False})
class Predict:
    def __init__(self, path: str):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.name = self.session.get_inputs()[0].name

    @serve.batch(max_batch_size=64, batch_wait_timeout_s=0.0)
    async def rows(self, rows: list):
        return list(self.session.run(None, {self.name: numpy.asarray(rows, numpy.float32)})[0])

    async def __call__(self, request: Request):
        asked = await request.json()
        data = (await self.rows(asked["inputs"])).tolist()
        return JSONResponse({"id": asked["id"], "data": data})  # with a length: a bare dict is sent in chunks


with socket.socket() as probe:  # Ray Serve wants to be told a port
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
ray.init(num_cpus=2, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
serve.start(http_options={"host": "127.0.0.1", "port": port})
serve.run(Predict.bind(os.path.abspath(sys.argv[1])), route_prefix="/predict")
print(f"listening on http://127.0.0.1:{port}", flush=True)
signal.pause()

"""The same in Python: FastAPI on uvicorn, one process, one ONNX Runtime run a request.

`python3 fastapi_json.py MODEL.onnx`; POST /predict takes {id, inputs: [number]}, answers
{id, data: [number]}. uvloop and httptools serve where they are installed, as uvicorn[standard] has it.
"""
import socket
import sys

import numpy
import onnxruntime
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Asked(BaseModel):
    id: int
    inputs: list[float]


options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
app = FastAPI()


@app.post("/predict")
async def predict(asked: Asked):
    row = numpy.asarray([asked.inputs], numpy.float32)
    return {"id": asked.id, "data": session.run(None, {name: row})[0][0].tolist()}


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run([listener])

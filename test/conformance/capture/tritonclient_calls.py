"""Every call of tritonclient.http, one request each: `python3 tritonclient_calls.py HOST:PORT`.

Prints the title of each call, in the order of the requests; `capture.ts` runs it through a tap that
keeps their bytes. Fails when the client does not read the answer as it should.
"""
import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

client = http.InferenceServerClient(sys.argv[1])
CALLS = []


def call(title):
    return lambda run: CALLS.append((title, run))


def refused(status, run):
    try:
        run()
    except InferenceServerException as error:
        assert error.status() == str(status), f"{error}"
        assert "an exception occurred" not in error.message(), error.message()
        return
    raise AssertionError(f"{status} was expected")


def tensor(name, values, dtype, datatype, binary=True):
    array = np.array(values, dtype=dtype)
    given = http.InferInput(name, list(array.shape), datatype)
    given.set_data_from_numpy(array, binary_data=binary)
    return given


def x(values=((1, 2, 3, 4),), binary=True):
    return [tensor("x", values, np.float32, "FP32", binary)]


def wanted(binary=True, classes=0):
    return [http.InferRequestedOutput("y", binary_data=binary, class_count=classes)]


def same(answer, name, values):
    got = answer.as_numpy(name)
    assert np.array_equal(got, np.array(values)), f"{got} is not {values}"


call("live")(lambda: client.is_server_live() or sys.exit("not live"))
call("ready")(lambda: client.is_server_ready() or sys.exit("not ready"))
call("model ready")(lambda: client.is_model_ready("sum") or sys.exit("not ready"))
call("version ready")(lambda: client.is_model_ready("sum", "1") or sys.exit("not ready"))
call("an unknown model is not ready")(lambda: client.is_model_ready("none") and sys.exit("ready"))
call("server metadata")(lambda: client.get_server_metadata()["extensions"])
call("model metadata")(lambda: client.get_model_metadata("sum")["inputs"])
call("version metadata")(lambda: client.get_model_metadata("sum", "1")["versions"])
call("metadata of an unknown model")(lambda: refused(404, lambda: client.get_model_metadata("none")))
call("config")(lambda: client.get_model_config("sum")["max_batch_size"])
call("config of a version")(lambda: client.get_model_config("sum", "1")["input"])
call("index")(lambda: client.get_model_repository_index())
call("load")(lambda: client.load_model("sum"))
call("load with a config")(lambda: client.load_model("sum", config='{"max_batch_size":4}'))
call("load with files")(
    lambda: client.load_model("sum", config="{}", files={"file:1/model.bin": b"\x00\x01\xff"}))
call("load of an unknown model")(lambda: refused(404, lambda: client.load_model("none")))
call("unload")(lambda: client.unload_model("sum"))
call("unload with dependents")(lambda: client.unload_model("sum", unload_dependents=True))
call("statistics of all")(lambda: client.get_inference_statistics()["model_stats"])
call("statistics of a model")(lambda: client.get_inference_statistics("sum"))
call("statistics of a version")(lambda: client.get_inference_statistics("sum", "1"))
call("trace settings")(lambda: client.get_trace_settings())
call("trace settings of a model")(lambda: client.get_trace_settings("sum"))
call("trace settings changed")(lambda: client.update_trace_settings(settings={
    "trace_level": ["TIMESTAMPS"], "trace_rate": "5", "trace_count": "-1", "log_frequency": "0"}))
call("trace settings of a model changed")(lambda: client.update_trace_settings(
    "sum", {"trace_rate": "7", "trace_level": None}))
call("trace settings given back")(lambda: client.update_trace_settings(settings={
    "trace_level": None, "trace_rate": None}))
call("log settings")(lambda: client.get_log_settings())
call("log settings changed")(lambda: client.update_log_settings({
    "log_info": False, "log_warning": True, "log_verbose_level": 1, "log_format": "ISO8601"}))
call("log settings given back")(lambda: client.update_log_settings({
    "log_info": True, "log_verbose_level": 0}))

for kind in ("system", "cuda"):
    status = getattr(client, f"get_{kind}_shared_memory_status")
    unregister = getattr(client, f"unregister_{kind}_shared_memory")
    call(f"{kind} shared memory: status")(lambda s=status: refused(501, s))
    call(f"{kind} shared memory: status of a region")(lambda s=status: refused(501, lambda: s("r")))
    call(f"{kind} shared memory: unregister")(lambda u=unregister: refused(501, u))
    call(f"{kind} shared memory: unregister a region")(
        lambda u=unregister: refused(501, lambda: u("r")))
call("system shared memory: register")(
    lambda: refused(501, lambda: client.register_system_shared_memory("r", "/key", 64)))
call("cuda shared memory: register")(
    lambda: refused(501, lambda: client.register_cuda_shared_memory("r", "AAAA", 0, 64)))


@call("shared memory in an input")
def shared_input():
    given = http.InferInput("x", [1, 4], "FP32")
    given.set_shared_memory("r", 16)
    refused(501, lambda: client.infer("sum", [given]))


@call("shared memory in an output")
def shared_output():
    output = http.InferRequestedOutput("y")
    output.set_shared_memory("r", 4, offset=8)
    refused(501, lambda: client.infer("sum", x(), outputs=[output]))


call("infer, no output named")(lambda: same(client.infer("sum", x()), "y", [[10]]))
call("infer, binary both ways")(
    lambda: same(client.infer("sum", x(), outputs=wanted(), model_version="1"), "y", [[10]]))
call("infer, JSON both ways")(
    lambda: same(client.infer("sum", x(binary=False), outputs=wanted(False)), "y", [[10]]))
call("infer, JSON in, binary out")(
    lambda: same(client.infer("sum", x(binary=False), outputs=wanted()), "y", [[10]]))
call("infer, binary in, JSON out")(
    lambda: same(client.infer("sum", x(), outputs=wanted(False)), "y", [[10]]))
call("infer, several rows with an id")(lambda: same(client.infer(
    "sum", x(((1, 2, 3, 4), (5, 6, 7, 8))), request_id="r-1"), "y", [[10], [26]]))
call("infer with parameters")(lambda: same(client.infer(
    "sum", x(), priority=2, timeout=5_000_000, parameters={"who": "me", "n": 3, "yes": True}),
    "y", [[10]]))
call("infer with query parameters and headers")(lambda: same(client.infer(
    "sum", x(), query_params={"a": "b c", "d": [1, 2]}, headers={"X-Own": "value"}), "y", [[10]]))
call("infer, an id that is not ASCII")(lambda: same(client.infer(
    "sum", x(), request_id="灯"), "y", [[10]]))
call("classes")(lambda: client.infer("sum", x(), outputs=wanted(classes=1)))
call("classes in JSON")(lambda: client.infer("sum", x(), outputs=wanted(False, classes=1)))
for algorithm in ("gzip", "deflate"):
    call(f"request in {algorithm}")(lambda a=algorithm: same(client.infer(
        "sum", x(), request_compression_algorithm=a), "y", [[10]]))
    call(f"JSON request in {algorithm}")(lambda a=algorithm: same(client.infer(
        "sum", x(binary=False), outputs=wanted(False), request_compression_algorithm=a),
        "y", [[10]]))
    call(f"small answer in {algorithm}")(lambda a=algorithm: same(client.infer(
        "sum", x(), response_compression_algorithm=a), "y", [[10]]))
call("asynchronous infer")(
    lambda: same(client.async_infer("sum", x(), request_id="a").get_result(), "y", [[10]]))
call("asynchronous infer, packed both ways")(lambda: same(client.async_infer(
    "sum", x(), request_compression_algorithm="gzip",
    response_compression_algorithm="gzip").get_result(), "y", [[10]]))

PAIRS = {
    "BOOL": (bool, [True, False]), "UINT8": (np.uint8, [0, 255]), "UINT16": (np.uint16, [0, 65535]),
    "UINT32": (np.uint32, [0, 2**32 - 1]), "UINT64": (np.uint64, [2**53 + 1, 2**64 - 1]),
    "INT8": (np.int8, [-128, 127]), "INT16": (np.int16, [-32768, 32767]),
    "INT32": (np.int32, [-(2**31), 2**31 - 1]),
    "INT64": (np.int64, [-(2**63), 2**53 + 1]), "FP16": (np.float16, [0.5, -65504]),
    "BF16": (np.float32, [1.5, -2.0]), "FP32": (np.float32, [0.1, -3.4e38]),
    "FP64": (np.float64, [0.1, -1.7e308]),
}
for name, (dtype, values) in PAIRS.items():
    def echo(binary_in, binary_out, name=name, dtype=dtype, values=values):
        given = tensor("x", [values], dtype, name, binary_in)
        answer = client.infer(name.lower(), [given], outputs=wanted(binary_out))
        got = answer.as_numpy("y")
        if name == "BF16":
            got = got.reshape(-1)
            values = list(np.array(values, dtype=dtype))
        assert np.array_equal(got.reshape(-1), np.array(values, dtype=dtype)), f"{name}: {got}"
    call(f"{name} in binary")(lambda e=echo: e(True, True))
    if name not in ("FP16", "BF16"):
        call(f"{name} in JSON")(lambda e=echo: e(False, False))
call("FP16 in JSON")(lambda: refused(400, lambda: client.infer(
    "fp16", [tensor("x", [[1, 2]], np.float16, "FP16", False)])))
call("FP16 out in JSON")(lambda: refused(400, lambda: client.infer(
    "fp16", [tensor("x", [[1, 2]], np.float16, "FP16")], outputs=wanted(False))))

TEXTS = [["灯", "", "a\u0000b"]]
call("BYTES in binary")(lambda: same(client.infer(
    "bytes", [tensor("x", TEXTS, np.object_, "BYTES")]), "y",
    [[text.encode() for text in TEXTS[0]]]))
call("BYTES in JSON")(lambda: same(client.infer(
    "bytes", [tensor("x", TEXTS, np.object_, "BYTES", False)], outputs=wanted(False)), "y", TEXTS))
call("BYTES that are no text")(lambda: same(client.infer(
    "bytes", [tensor("x", [[b"\xff\xfe", b"", b"x"]], np.object_, "BYTES")]), "y",
    [[b"\xff\xfe", b"", b"x"]]))
call("BYTES that are no text, out in JSON")(lambda: refused(500, lambda: client.infer(
    "bytes", [tensor("x", [[b"\xff\xfe", b"", b"x"]], np.object_, "BYTES")],
    outputs=wanted(False))))
call("a size left open")(lambda: same(client.infer(
    "open", [tensor("x", [[1, 2, 3]], np.int32, "INT32")]), "y", [[1, 2, 3]]))
call("another size left open")(lambda: same(client.infer(
    "open", [tensor("x", [[1], [2]], np.int32, "INT32")]), "y", [[1], [2]]))

call("two inputs, two outputs")(lambda: same(client.infer("pair", [
    tensor("a", [1, 2], np.int32, "INT32"), tensor("b", [3, 4], np.int32, "INT32", False)]),
    "d", [3, 4]))
call("an unknown model")(lambda: refused(404, lambda: client.infer("none", x())))
call("an unknown version")(lambda: refused(404, lambda: client.infer("sum", x(), "9")))
call("an unknown input")(lambda: refused(400, lambda: client.infer(
    "sum", [tensor("z", [[1, 2, 3, 4]], np.float32, "FP32")])))
call("a wrong shape")(lambda: refused(400, lambda: client.infer("sum", x(((1, 2, 3),)))))
call("a wrong datatype")(lambda: refused(400, lambda: client.infer(
    "sum", [tensor("x", [[1, 2, 3, 4]], np.int32, "INT32")])))
call("too many rows")(lambda: refused(400, lambda: client.infer("sum", x([[1, 2, 3, 4]] * 65))))
call("a sequence")(lambda: refused(501, lambda: client.infer(
    "sum", x(), sequence_id=42, sequence_start=True)))
call("a sequence named by text")(lambda: refused(501, lambda: client.infer(
    "sum", x(), sequence_id="s", sequence_end=True)))
call("a parameter of Triton's own")(lambda: refused(400, lambda: client.infer(
    "sum", x(), parameters={"triton_x": 1})))

failed = 0
for title, run in CALLS:
    try:
        run()
    except Exception as error:
        failed += 1
        print(f"{title}: {error!r}", file=sys.stderr)
    print(title)
sys.exit(1 if failed else 0)

"""Makes what the tests of text encoders read, here beside it: three tokenizers (WordPiece, byte-level BPE and
Unigram, trained by Hugging Face's tokenizers), a tiny encoder as ONNX, one that takes texts themselves, and
texts.json: tokens and vectors of some texts as Python has them. Needs numpy, onnx, onnxruntime, tokenizers:
python make.py"""
import json
import random

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SEED, DIM, ROWS, LENGTH = 8, 8, 420, 16
CORPUS = [
    "Floor lamp with a linen shade", "Desk lamp, brushed steel", "Reading lamps for the bedroom",
    "Oak dining table for six", "Extendable table in walnut", "Round coffee table", "Armchair, green velvet",
    "Rocking chair made of beech", "Office chair with armrests", "Stehlampe mit Schirm aus Leinen",
    "Schreibtischlampe, gebürstet", "Esstisch aus massiver Eiche", "Lámpara de pie con pantalla",
    "Chaise à bascule en hêtre", "台灯 护眼 学习", "落地灯 客厅", "木头 椅子", "Wool rug, hand woven", "Grey rug 200x300",
] * 4

wordpiece = Tokenizer(models.WordPiece(unk_token="[UNK]"))
wordpiece.normalizer = normalizers.BertNormalizer()
wordpiece.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
wordpiece.train_from_iterator(CORPUS, trainers.WordPieceTrainer(
    vocab_size=300, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], show_progress=False))
wordpiece.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])

bpe = Tokenizer(models.BPE())
bpe.normalizer = normalizers.NFC()
bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
bpe.decoder = decoders.ByteLevel()
bpe.train_from_iterator(CORPUS, trainers.BpeTrainer(
    vocab_size=400, special_tokens=["<s>", "<pad>", "</s>"], show_progress=False,
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
bpe.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))

unigram = Tokenizer(models.Unigram())
unigram.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
unigram.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
unigram.train_from_iterator(CORPUS, trainers.UnigramTrainer(
    vocab_size=260, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
unigram.post_processor = processors.TemplateProcessing(
    single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])

tokenizers = {"wordpiece": wordpiece, "bpe": bpe, "unigram": unigram}
for name, tokenizer in tokenizers.items():
    said = json.loads(tokenizer.to_str())
    with open(f"{name}.json", "w") as file:
        json.dump(said, file, ensure_ascii=False, separators=(",", ":"))
vocabulary = sorted(wordpiece.get_vocab().items(), key=lambda one: one[1])
with open("vocab.txt", "w") as file:
    file.writelines(f"{token}\n" for token, _ in vocabulary)

# Each token's vector, and the mean of all that the mask lets in, through a layer.
rng = np.random.default_rng(SEED)
weights = {
    "table": rng.normal(size=(ROWS, DIM)), "types": rng.normal(size=(2, DIM)),
    "own": rng.normal(size=(DIM, DIM)) / 3, "others": rng.normal(size=(DIM, DIM)) / 3,
}
constants = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]
constants += [numpy_helper.from_array(np.array([1], np.int64), "one"), numpy_helper.from_array(np.array([2], np.int64), "two")]
nodes = [
    helper.make_node("Gather", ["table", "input_ids"], ["words"]),
    helper.make_node("Gather", ["types", "token_type_ids"], ["kinds"]),
    helper.make_node("Add", ["words", "kinds"], ["tokens"]),
    helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
    helper.make_node("Unsqueeze", ["mask", "two"], ["columns"]),
    helper.make_node("Mul", ["tokens", "columns"], ["masked"]),
    helper.make_node("ReduceSum", ["masked", "one"], ["sum"], keepdims=1),
    helper.make_node("ReduceSum", ["columns", "one"], ["count"], keepdims=1),
    helper.make_node("Div", ["sum", "count"], ["mean"]),
    helper.make_node("MatMul", ["tokens", "own"], ["left"]),
    helper.make_node("MatMul", ["mean", "others"], ["right"]),
    helper.make_node("Add", ["left", "right"], ["both"]),
    helper.make_node("Tanh", ["both"], ["last_hidden_state"]),
]
inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", "tokens_"])
          for name in ["input_ids", "attention_mask", "token_type_ids"]]
outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["rows", "tokens_", DIM])]


def save(name, graph, *opsets):
    model = helper.make_model(graph, opset_imports=list(opsets), ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, name)


save("encoder.onnx", helper.make_graph(nodes, "encoder", inputs, outputs, constants), helper.make_opsetid("", 17))
label = helper.make_node("LabelEncoder", ["texts"], ["number"], domain="ai.onnx.ml", keys_strings=["lamp", "rug"],
                         values_floats=[1.0, 2.0], default_float=0.5)
scale = helper.make_node("Mul", ["number", "directions"], ["scaled"])
shift = helper.make_node("Add", ["scaled", "base"], ["vector"])
save("texts.onnx", helper.make_graph(
    [label, scale, shift], "texts",
    [helper.make_tensor_value_info("texts", TensorProto.STRING, ["rows", 1])],
    [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["rows", 3])],
    [numpy_helper.from_array(np.array([[1, 0, -1]], np.float32), "directions"),
     numpy_helper.from_array(np.array([[0, 1, 0]], np.float32), "base")]),
    helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 2))

chance = random.Random(SEED)
texts = sorted(set(CORPUS)) + [
    "LAMP", "Crème brûlée — for two", "don't, we'll; it's $5.00!", "a\tb\nc\u200bd\u0000e", "ΣΊΣΥΦΟΣ İstanbul ẞ",
    "日本語の台灯テーブル", "ไทย เก้าอี้", "lamp" * 40, "  two  blanks  ", "ﬁne ½ ①", "🛋️ sofa 👩‍👩‍👧", "x" * 120, "...",
    "snake_case & kebab-case", "привет стул", "한국어 의자",
]
alphabet = "aábcdeéfghilmnoprstuüz台灯木椅 -,.'_0129ßŁΣ\u0301\u00a0"
texts += ["".join(chance.choice(alphabet) for _ in range(chance.randint(1, 24))) for _ in range(60)]
texts = [text for text in texts if text.strip()]

session = onnxruntime.InferenceSession("encoder.onnx", providers=["CPUExecutionProvider"])
cases = []
for text in texts:
    case = {"text": text}
    for name, tokenizer in tokenizers.items():
        tokenizer.enable_truncation(LENGTH)
        case[name] = tokenizer.encode(text).ids
    ids = np.array([case["wordpiece"]], np.int64)
    hidden, = session.run(None, {
        "input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})
    mean = hidden[0].mean(axis=0)
    case["vector"] = [round(float(x), 6) for x in mean / np.linalg.norm(mean)]
    cases.append(case)
with open("texts.json", "w") as file:
    json.dump({"length": LENGTH, "cases": cases}, file, separators=(",", ":"))

"""
The messages that PyTorch 2.6.0's torch.utils.tensorboard makes of scalars, histograms, texts and hyper-parameters. TensorBoard itself is
not needed: the messages it uses are described here by the numbers of their fields.
Writes tensorboard.json into the current folder; its gzip belongs into ../Nabla.Tests/Data.
"""
import base64, json, sys, types
import numpy as np
import torch
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2

F = descriptor_pb2.FieldDescriptorProto
KINDS = {"double": F.TYPE_DOUBLE, "float": F.TYPE_FLOAT, "int64": F.TYPE_INT64, "int32": F.TYPE_INT32, "string": F.TYPE_STRING,
         "bytes": F.TYPE_BYTES}
MESSAGES = {
    "HistogramProto": ["min:double:1", "max:double:2", "num:double:3", "sum:double:4", "sum_squares:double:5",
                       "*bucket_limit:double:6", "*bucket:double:7"],
    "TensorShapeProto.Dim": ["size:int64:1", "name:string:2"],
    "TensorShapeProto": ["*dim:TensorShapeProto.Dim:2"],
    "TensorProto": ["dtype:DataType:1", "tensor_shape:TensorShapeProto:2", "*string_val:bytes:8"],
    "SummaryMetadata.PluginData": ["plugin_name:string:1", "content:bytes:2"],
    "SummaryMetadata": ["plugin_data:SummaryMetadata.PluginData:1"],
    "Summary.Image": ["height:int32:1", "width:int32:2", "colorspace:int32:3", "encoded_image_string:bytes:4"],
    "Summary.Value": ["tag:string:1", "simple_value:float:2", "image:Summary.Image:4", "histo:HistogramProto:5",
                      "tensor:TensorProto:8", "metadata:SummaryMetadata:9"],
    "Summary": ["*value:Summary.Value:1"],
    "TextPluginData": ["version:int32:1"],
    "HParamInfo": ["name:string:1", "type:HDataType:4", "domain_discrete:.google.protobuf.ListValue:5"],
    "MetricName": ["group:string:1", "tag:string:2"],
    "MetricInfo": ["name:MetricName:1"],
    "Experiment": ["*hparam_infos:HParamInfo:4", "*metric_infos:MetricInfo:5"],
    "SessionStartInfo.HparamsEntry": ["key:string:1", "value:.google.protobuf.Value:2"],
    "SessionStartInfo": ["*hparams:SessionStartInfo.HparamsEntry:1"],
    "SessionEndInfo": ["status:Status:1"],
    "HParamsPluginData": ["version:int32:1", "experiment:Experiment:2", "session_start_info:SessionStartInfo:3",
                          "session_end_info:SessionEndInfo:4"],
}
ENUMS = {"DataType": ["DT_INVALID", "DT_FLOAT", "DT_DOUBLE", "DT_INT32", "DT_UINT8", "DT_INT16", "DT_INT8", "DT_STRING"],
         "HDataType": ["DATA_TYPE_UNSET", "DATA_TYPE_STRING", "DATA_TYPE_BOOL", "DATA_TYPE_FLOAT64"],
         "Status": ["STATUS_UNKNOWN", "STATUS_SUCCESS"]}

file = descriptor_pb2.FileDescriptorProto(name="board.proto", package="board", syntax="proto3",
                                          dependency=["google/protobuf/struct.proto"])
made = {}
for name, values in ENUMS.items():
    e = file.enum_type.add(name=name)
    for i, v in enumerate(values):
        e.value.add(name=v, number=i)
for name in sorted(MESSAGES, key=lambda n: n.count(".")):
    outer, _, last = name.rpartition(".")
    m = made[outer].nested_type.add(name=last) if outer else file.message_type.add(name=name)
    made[name] = m
    if name.endswith("Entry"):
        m.options.map_entry = True
    for field in MESSAGES[name]:
        many = field.startswith("*")
        n, kind, number = field.lstrip("*").split(":")
        f = m.field.add(name=n, number=int(number), label=F.LABEL_REPEATED if many else F.LABEL_OPTIONAL)
        if kind in KINDS:
            f.type = KINDS[kind]
        else:
            f.type = F.TYPE_ENUM if kind in ENUMS else F.TYPE_MESSAGE
            f.type_name = kind if kind.startswith(".") else ".board." + kind
pool = descriptor_pool.Default()
_ = struct_pb2.Value
pool.Add(file)
factory = message_factory.MessageFactory(pool)
types_ = {n: factory.GetPrototype(pool.FindMessageTypeByName("board." + n)) for n in MESSAGES}
for nested in [n for n in MESSAGES if "." in n and not n.endswith("Entry")]:
    setattr(types_[nested.split(".")[0]], nested.split(".")[1], types_[nested])
enums = {n: pool.FindEnumTypeByName("board." + n) for n in ENUMS}


class Values:
    def __init__(self, enum):
        self.enum = enum

    def Value(self, name):
        return self.enum.values_by_name[name].number


def module(name, **members):
    m = types.ModuleType(name)
    m.__dict__.update(members)
    m.__path__ = []
    sys.modules[name] = m
    return m


def pick(*names):
    return {n: types_[n] for n in names}


module("tensorboard", __version__="2.0", summary=None)
for name in ["tensorboard.compat", "tensorboard.compat.proto", "tensorboard.plugins", "tensorboard.plugins.custom_scalar",
             "tensorboard.plugins.pr_curve", "tensorboard.plugins.text", "tensorboard.plugins.hparams", "tensorboard.summary",
             "tensorboard.summary.writer"]:
    module(name)
anything = type("Anything", (), {})
module("tensorboard.compat.proto.summary_pb2", **pick("HistogramProto", "Summary", "SummaryMetadata"))
module("tensorboard.compat.proto.tensor_pb2", **pick("TensorProto"))
module("tensorboard.compat.proto.tensor_shape_pb2", **pick("TensorShapeProto"))
module("tensorboard.plugins.custom_scalar.layout_pb2")
sys.modules["tensorboard.plugins.custom_scalar"].layout_pb2 = None
module("tensorboard.plugins.pr_curve.plugin_data_pb2", PrCurvePluginData=anything)
module("tensorboard.plugins.text.plugin_data_pb2", **pick("TextPluginData"))
module("tensorboard.plugins.hparams.api_pb2", **pick("Experiment", "HParamInfo", "MetricInfo", "MetricName"),
       DataType=Values(enums["HDataType"]), Status=Values(enums["Status"]))
module("tensorboard.plugins.hparams.metadata", EXPERIMENT_TAG="_hparams_/experiment", PLUGIN_DATA_VERSION=0, PLUGIN_NAME="hparams",
       SESSION_END_INFO_TAG="_hparams_/session_end_info", SESSION_START_INFO_TAG="_hparams_/session_start_info")
module("tensorboard.plugins.hparams.plugin_data_pb2", **pick("HParamsPluginData", "SessionEndInfo", "SessionStartInfo"))

# Only the module with the summaries: the package itself wants all of TensorBoard.
import importlib.util, os
root = os.path.join(os.path.dirname(torch.__file__), "utils", "tensorboard")
package = module("torch.utils.tensorboard")
package.__path__ = [root]
spec = importlib.util.spec_from_file_location("torch.utils.tensorboard.summary", os.path.join(root, "summary.py"))
summary = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = summary
spec.loader.exec_module(summary)

bins = []
v = 1e-12
while v < 1e20:
    bins.append(v)
    v *= 1.1
bins = [-b for b in bins[::-1]] + [0] + bins

inputs = {
    "ramp": torch.arange(-8, 9, dtype=torch.float32) / 4,
    "normal": torch.randn(200, generator=torch.Generator().manual_seed(3), dtype=torch.float64),
    "zeros": torch.zeros(5),
    "tiny": torch.tensor([1e-13, -1e-13, 1e-12, 3e-7]),
    "whole": torch.tensor([[1, 2], [2, 300]]),
}
encode = lambda m: base64.b64encode(m.SerializeToString()).decode()
record = {"histograms": []}
for name, values in inputs.items():
    for n in [None, 1, 10]:
        m = summary.histogram(name, values.numpy(), bins if n is None else n)
        record["histograms"].append({"tag": name, "bins": n, "values": values.flatten().tolist(), "summary": encode(m)})
record["scalar"] = encode(summary.scalar("loss/train", 0.1))
record["text"] = encode(summary.text("note", "größer **als** 1"))
record["hparams"] = [encode(m) for m in summary.hparams({"lr": 0.25, "layers": 3, "name": "Adam"}, {"accuracy": 0.5})]
json.dump(record, open("tensorboard.json", "w"))
print(len(open("tensorboard.json").read()), "bytes")

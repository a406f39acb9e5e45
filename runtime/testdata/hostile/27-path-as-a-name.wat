(include "bare.wat")
(@custom "lotse.manifest" "{\"abi\":1,\"name\":\"../../etc/passwd\",\"version\":\"1.0.0\",\"purpose\":\"profiling\","
  "\"reads\":[{\"name\":\"visits\",\"type\":\"number\"}],\"emits\":{\"segments\":[\"regular\"]}}")

(include "bare.wat")
(@custom "lotse.manifest" "{\"abi\":1,\"name\":\"test\",\"version\":\"1.0.0\",\"purpose\":\"profiling\","
  "\"reads\":[{\"name\":\"visits\",\"type\":\"pointer\"}],\"emits\":{\"segments\":[\"regular\"]}}")

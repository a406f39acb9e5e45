(include "bare.wat")
(@custom "lotse.manifest" "{\"abi\":1,\"name\":\"test\",\"version\":\"1.0.0\",\"purpose\":\"profiling\","
  "\"reads\":[{\"name\":\"__proto__\",\"type\":\"number\"}],\"emits\":{\"segments\":[\"regular\"]}}")

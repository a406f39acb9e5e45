(@custom "lotse.manifest"
  "{\"abi\":1,\"name\":\"test\",\"version\":\"1.0.0\",\"purpose\":\"profiling\","
  "\"reads\":[{\"name\":\"visits\",\"type\":\"number\"}],"
  "\"emits\":{\"scores\":[{\"name\":\"interest\",\"reasons\":[\"one\",\"two\"]}],\"segments\":[\"regular\"],"
  "\"traits\":[{\"name\":\"persona\",\"values\":[\"host\",\"explorer\"]}]}}")

// A call of gRPC-Web by Connect, told on standard output, a JSON object a line: each message as it comes,
// then the trailers or the error.
//
//     node client.mjs INTERFACE URL HTTP_VERSION METHOD [TOKEN]
//
// INTERFACE is a file with an encoded google.protobuf.FileDescriptorSet: nothing is generated.

import { readFileSync } from "node:fs";

import { createFileRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-node";

const [file, baseUrl, httpVersion, name, token] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(file)));
const service = registry.getService("shop.v1.Orders");
const method = service.methods.find((method) => method.name === name);

const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const told = (metadata) => Object.fromEntries(metadata.entries());

const client = createClient(service, createGrpcWebTransport({ baseUrl, httpVersion }));
const call = client[method.localName];
let trailers;
const options = {
  headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  timeoutMs: 60_000,
  onTrailer: (metadata) => {
    trailers = told(metadata);
  },
};
try {
  const message = (message) => tell({ message: toJson(method.output, message) });
  if (method.methodKind === "server_streaming") {
    for await (const each of call({ text: "hello" }, options)) {
      message(each);
    }
  } else {
    message(await call({ text: "hello" }, options));
  }
  tell({ trailers });
} catch (thrown) {
  const error = ConnectError.from(thrown);
  const { code, rawMessage: message, metadata } = error;
  tell({ error: { code, name: Code[code], message, metadata: told(metadata) } });
}

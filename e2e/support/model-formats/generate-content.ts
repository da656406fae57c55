import {
  beginStream,
  joinSteps,
  type ModelReply,
  sendJson,
  splitText,
  toText,
  type Utterance,
  type WireFormat,
} from "./wire-format.ts";

interface Part {
  text?: string;
  functionCall?: unknown;
  functionResponse?: { response?: unknown };
}

interface Body {
  contents: { role?: string; parts: Part[] }[];
  tools?: { functionDeclarations?: { name: string }[] }[];
}

const usageMetadata = {
  promptTokenCount: 100,
  candidatesTokenCount: 20,
  totalTokenCount: 120,
};

/** Google's generateContent. The path names the model and whether the answer is a stream. */
export const generateContent: WireFormat = {
  takes: (path) => /:(?:stream)?generateContent$/i.test(path),

  read(text, path) {
    const { contents, tools = [] } = JSON.parse(text) as Body;
    return {
      model: /models\/([^:]+):/.exec(path)?.[1] ?? "",
      isStreaming: path.includes(":stream"),
      toolNames: tools.flatMap(({ functionDeclarations = [] }) =>
        functionDeclarations.map(({ name }) => name),
      ),
      utterances: joinSteps(contents.flatMap(readContent)),
    };
  },

  send(response, reply, { model, isStreaming }) {
    const chunk = (parts: object[], finishReason?: string) => ({
      candidates: [{ index: 0, content: { role: "model", parts }, finishReason }],
      modelVersion: model,
      usageMetadata,
    });
    const calls = callParts(reply);
    if (!isStreaming) {
      const text = reply.text === undefined ? [] : [{ text: reply.text }];
      return sendJson(response, chunk([...text, ...calls], "STOP"));
    }
    beginStream(response);
    const send = (data: object) => response.write(`data: ${JSON.stringify(data)}\r\n\r\n`);
    for (const text of splitText(reply.text ?? "")) send(chunk([{ text }]));
    if (calls.length > 0) send(chunk(calls));
    send(chunk([{ text: "" }], "STOP"));
    response.end();
  },
};

const readContent = ({ role, parts }: Body["contents"][number]): Utterance[] =>
  parts.map(({ text, functionCall, functionResponse }) => {
    if (functionResponse) return { role: "tool", text: toText(functionResponse.response) };
    return { role: role === "model" ? "assistant" : "user", text: text ?? toText(functionCall) };
  });

const callParts = ({ toolCalls = [] }: ModelReply) =>
  toolCalls.map(({ name, arguments: args }) => ({ functionCall: { name, args } }));

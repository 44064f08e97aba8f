// Subjects as the lists have them.
import assert from "node:assert/strict";
import { parseSubject } from "../../server/src/review/subject.ts";

/** "v2 3/7 rfc: title", the parts that are there. */
function told(text: string): string {
  const s = parseSubject(text);
  const number = s.number === undefined ? "" : ` ${s.number}/${s.total}`;
  const kind = s.reply ? "reply" : s.patch ? "patch" : "other";
  return `${kind} v${s.version}${s.minor > 0 ? `.${s.minor}` : ""}${number}${s.rfc ? " rfc" : ""}${s.resend ? " resend" : ""}${s.tags.length > 0 ? ` {${s.tags.join()}}` : ""}: ${s.title}`;
}

const CASES: Readonly<Record<string, string>> = {
  "[PATCH] a: b": "patch v1: a: b",
  "[PATCH v3 07/11] a: b": "patch v3 7/11: a: b",
  "[PATCH rdma-next v2 3/7] a: b": "patch v2 3/7 {rdma-next}: a: b",
  "[PATCH RFC 00/26] a": "patch v1 0/26 rfc: a",
  "[RFC PATCH 1/2] a": "patch v1 1/2 rfc: a",
  "[RFC v4 PATCH 1/2] a": "patch v4 1/2 rfc: a",
  "[RFC 1/2] a": "patch v1 1/2 rfc: a",
  "[RFC] what about a": "other v1 rfc: what about a",
  "[PATCH RESEND v2 1/1] a": "patch v2 1/1 resend: a",
  "[RESEND PATCH] a": "patch v1 resend: a",
  "[PATCHv2] a": "patch v2: a",
  "[PATCH-v2 1/3] a": "patch v2 1/3: a",
  "[v2] a": "patch v2: a",
  "[PATCH v2.1 8/8] a": "patch v2.1 8/8: a",
  "[PATCH, net-next] a": "patch v1 {net-next}: a",
  "[PATCH 5.10/5.15 2/2] a": "patch v1 2/2 {5.10/5.15}: a",
  "[PATCH 6.15 094/192] a": "patch v1 94/192 {6.15}: a",
  "[Linaro-mm-sig] [PATCH RFC 01/26] a": "patch v1 1/26 rfc {Linaro-mm-sig}: a",
  "[Linaro-mm-sig] Re: [PATCH RFC 01/26] a": "reply v1 1/26 rfc {Linaro-mm-sig}: a",
  "Re: [PATCH v3 1/7] a": "reply v3 1/7: a",
  "RE: Re[2]: [PATCH] a": "reply v1: a",
  "Fwd: [PATCH] a": "reply v1: a",
  "AW: [PATCH] a": "reply v1: a",
  "[PATCH v2\n\t 1/2]  a:\n b": "patch v2 1/2: a: b",
  "[PATCH] re: use the other name": "patch v1: re: use the other name",
  "[net-next:main 12/30] a.c:1: warning: b": "other v1 12/30 {net-next:main}: a.c:1: warning: b",
  "[GIT PULL] a": "other v1 {GIT,PULL}: a",
  "[PATCH 3/2] a": "patch v1 {3/2}: a",
  "a: b": "other v1: a: b",
  "": "other v1: ",
};

describe("subjects", () => {
  for (const [text, expected] of Object.entries(CASES))
    it(`reads ${JSON.stringify(text)}`, () => assert.equal(told(text), expected));
  it("cuts what is endless", () => assert.ok(parseSubject("[PATCH] " + "a".repeat(1e6)).title.length <= 1000));
});

// The merchant around a client: its credentials, the server where it is
// notified, a customer who pays, and what it expects of every answer.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { inspect, isDeepStrictEqual } from 'node:util';

const patience = 20_000; // ms that a notification may take

/** Reads a variable that the test sets. */
export function env(name) {
  const value = process.env[name];
  if (!value) throw new Surprise(`the environment has no ${name}`);
  return value;
}

/** Something that a merchant did not expect: its message says all. */
export class Surprise extends Error {}

/** Runs a story to its end; a surprise is one line and exit code 1. */
export async function tell(story) {
  try {
    await story();
  } catch (err) {
    console.error(err instanceof Surprise ? err.message : err.stack);
    process.exit(1);
  }
  process.exit(0);
}

/** Holds fields of an answer, by their paths, to values or patterns. */
export function expect(step, answer, fields) {
  for (const [path, want] of Object.entries(fields)) {
    const got = path.split('.').reduce((value, name) => value?.[name], answer);
    const good = want instanceof RegExp ? typeof got === 'string' && want.test(got) : isDeepStrictEqual(got, want);
    if (!good) {
      throw new Surprise(`${step}: ${path} is ${inspect(got)}, expected ${inspect(want)}, in ${JSON.stringify(answer)}`);
    }
  }
  console.log(`${step}: as expected`);
  return answer;
}

/** Holds an answer to be the one that came before. */
export function expectSame(step, answer, before) {
  if (!isDeepStrictEqual(answer, before)) {
    throw new Surprise(`${step}: ${JSON.stringify(answer)}, expected ${JSON.stringify(before)}`);
  }
  console.log(`${step}: the same`);
}

/** An amount of whole rupiah. */
export const rupiah = (whole) => ({ value: `${whole}.00`, currency: 'IDR' });

export const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00$/;
export const reference = /^.{1,64}$/;
export const payload = /^000201.*6304[0-9A-F]{4}$/;

async function admin(method, path, body) {
  const response = await fetch(env('ADMIN_URL') + path, {
    method,
    headers: { Authorization: `Bearer ${env('ADMIN_TOKEN')}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** A customer scans a code and pays what it asks for. */
export async function pay(qrContent) {
  return admin('POST', '/v1/sandbox/pay', { qrContent });
}

/** Sets where the partner is notified; a path is the provider's if left out. */
export async function notifyAt(url) {
  const { status, body } = await admin('PUT', `/v1/partners/${env('PARTNER_ID')}/notify`, { url });
  expect('the notification address', { status, body }, { status: 200, 'body.notifyURL': url });
}

/** Waits until qrisd has taken the notification of a code as acknowledged, at the first try. */
export async function acknowledged(step, codeRef) {
  for (const end = Date.now() + patience; ; await new Promise((wake) => setTimeout(wake, 20))) {
    const { body } = await admin('GET', `/v1/deliveries?partner=${env('PARTNER_ID')}`);
    const delivery = body.deliveries.find((each) => each.codeReferenceNo === codeRef);
    if (delivery?.state !== 'pending' || delivery.attempts > 1 || Date.now() > end) {
      return expect(step, delivery, { state: 'delivered', attempts: 1 });
    }
  }
}

/**
 * The merchant's server. It verifies each notification with the client's own
 * verifier, which throws or gives the fields, and acknowledges what is genuine.
 */
export async function listen(verify, ack) {
  const arrived = [];
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const notice = { method: request.method, path: request.url, headers: request.headers, text: Buffer.concat(chunks).toString() };
    response.setHeader('Content-Type', 'application/json');
    try {
      arrived.push({ path: notice.path, fields: verify(notice) });
      response.end(JSON.stringify({ responseCode: ack, responseMessage: 'Successful' }));
    } catch (err) {
      arrived.push({ path: notice.path, refused: err.message, ...notice });
      response.writeHead(401).end(JSON.stringify({ responseCode: `401${ack.slice(3, 5)}00`, responseMessage: 'Unauthorized' }));
    }
    server.emit('notice');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async next() {
      if (!arrived.length) {
        await once(server, 'notice', { signal: AbortSignal.timeout(patience) }).catch(() => {
          throw new Surprise(`no notification came within ${patience / 1000} s`);
        });
      }
      return arrived.shift();
    },
  };
}

// Signs the request as SNAP asks: minifies its body and sets X-TIMESTAMP,
// X-EXTERNAL-ID and X-SIGNATURE. Which signature it is, its headers say:
// X-CLIENT-KEY is of a token request, Authorization of a symmetric signature,
// X-PARTNER-ID alone of an asymmetric one. crypto-js is part of Postman's
// sandbox. RSA is not, and is written out below, so that a private key meets no
// library from elsewhere.
const hashes = require('crypto-js');
const headers = pm.request.headers;
const get = (name) => pm.variables.replaceIn(headers.get(name) || '');

// Jakarta's clock, as in 2026-01-31T10:00:00+07:00.
const clock = (ms) => new Date(ms + 7 * 3600e3).toISOString().slice(0, 19) + '+07:00';

const now = Date.now();
pm.variables.set('now', clock(now));
pm.variables.set('until', clock(now + 10 * 60e3));
pm.variables.set('reference', 'T' + now + String(Math.floor(Math.random() * 100)).padStart(2, '0'));

const body = JSON.stringify(JSON.parse(pm.variables.replaceIn(pm.request.body.raw)));
pm.request.body.update({ mode: 'raw', raw: body, options: { raw: { language: 'json' } } });

if (headers.has('X-SIGNATURE')) {
  const timestamp = clock(now);
  const hash = hashes.SHA256(body).toString(hashes.enc.Hex);
  const path = pm.variables.replaceIn(pm.request.url.getPathWithQuery());
  const token = get('Authorization').replace(/^Bearer /, '');
  let signature;
  if (headers.has('X-CLIENT-KEY')) {
    signature = signRSA(get('X-CLIENT-KEY') + '|' + timestamp);
  } else if (token) {
    const text = ['POST', path, token, hash, timestamp].join(':');
    signature = hashes.HmacSHA512(text, pm.variables.get('clientSecret')).toString(hashes.enc.Base64);
  } else {
    signature = signRSA(['POST', path, hash, timestamp].join(':'));
  }
  headers.upsert({ key: 'X-TIMESTAMP', value: timestamp });
  headers.upsert({ key: 'X-SIGNATURE', value: signature });
  if (headers.has('X-EXTERNAL-ID')) {
    headers.upsert({ key: 'X-EXTERNAL-ID', value: String(now) + String(Math.floor(Math.random() * 1e9)).padStart(9, '0') });
  }
}

// signRSA is SHA256withRSA (PKCS #1 v1.5, RFC 8017 section 8.2.1) in base64.
function signRSA(text) {
  const [, n, e, d] = rsaKey(pm.variables.get('privateKey'));
  const size = Math.ceil(n.toString(16).length / 2);
  const info = '3031300d060960864801650304020105000420' + hashes.SHA256(text).toString(hashes.enc.Hex);
  const padded = '0001' + 'ff'.repeat(size - info.length / 2 - 3) + '00' + info;
  const signed = power(BigInt('0x' + padded), d, n).toString(16).padStart(2 * size, '0');
  return hashes.enc.Base64.stringify(hashes.enc.Hex.parse(signed));
}

// rsaKey reads the numbers of a private key: PEM with PKCS #8 or PKCS #1.
function rsaKey(pem) {
  const hex = hashes.enc.Base64.parse((pem || '').replace(/-----[^-]+-----|\s/g, '')).toString(hashes.enc.Hex);
  if (!hex) throw new Error('the variable privateKey holds no PEM');
  const outer = children(hex, 0).parts;
  const wrapped = outer.find((part) => part.tag === '04');
  const parts = wrapped ? children(wrapped.value, 0).parts : outer;
  return parts.map((part) => BigInt('0x' + part.value));
}

// children are the parts of the DER sequence at a place.
function children(hex, at) {
  const sequence = part(hex, at);
  const parts = [];
  for (let p = 0; p < sequence.value.length;) {
    const next = part(sequence.value, p);
    parts.push(next);
    p = next.end;
  }
  return { parts };
}

function part(hex, at) {
  let length = parseInt(hex.substr(at + 2, 2), 16);
  let start = at + 4;
  if (length >= 0x80) {
    const digits = 2 * (length - 0x80);
    length = parseInt(hex.substr(start, digits), 16);
    start += digits;
  }
  const end = start + 2 * length;
  return { tag: hex.substr(at, 2), value: hex.slice(start, end), end };
}

function power(base, exponent, modulus) {
  let result = 1n;
  for (base %= modulus; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return result;
}

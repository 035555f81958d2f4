// midtrans-client goes through the life of two codes: one that is paid and
// given back, and one that is cancelled.
import midtrans from 'midtrans-client';
import { acknowledged, env, expect, expectSame, listen, moment, notifyAt, pay, payload, reference, rupiah, tell } from './merchant.mjs';

const { SnapBi, SnapBiConfig } = midtrans;

const merchantId = env('MERCHANT_ID');
const reason = 'the customer changed her mind';
const processed = { responseMessage: 'Request has been processed successfully' };

function configure() {
  SnapBiConfig.SNAP_BI_SANDBOX_BASE_URL = env('API_URL');
  SnapBiConfig.snapBiClientId = env('CLIENT_KEY');
  SnapBiConfig.snapBiPrivateKey = env('PRIVATE_KEY');
  SnapBiConfig.snapBiClientSecret = env('CLIENT_SECRET');
  SnapBiConfig.snapBiPartnerId = env('PARTNER_ID');
  SnapBiConfig.snapBiChannelId = env('CHANNEL_ID');
  SnapBiConfig.snapBiPublicKey = env('PROVIDER_PUBLIC_KEY');
}

function isGenuine(notice, fields) {
  return SnapBi.notification()
    .withNotificationPayload(fields)
    .withNotificationUrlPath(notice.path)
    .withTimeStamp(notice.headers['x-timestamp'])
    .withSignature(notice.headers['x-signature'])
    .isWebhookNotificationVerified();
}

// A verifier that takes everything would prove nothing, so it must refuse the
// same notification of another amount.
function verify(notice) {
  const fields = JSON.parse(notice.text);
  if (!isGenuine(notice, fields)) throw new Error('the signature is not genuine');
  if (isGenuine(notice, { ...fields, amount: rupiah(1) })) throw new Error('the signature fits another amount too');
  return fields;
}

let serial = 0;
const requestId = () => `request-${++serial}`;
const request = (body) => SnapBi.qris().withBody(body);

const generate = (id, body) => request(body).createPayment(id);
const query = (partnerReferenceNo, referenceNo) => request({
  originalReferenceNo: referenceNo, originalPartnerReferenceNo: partnerReferenceNo, serviceCode: '47', merchantId,
}).getStatus(requestId());
const cancel = (referenceNo) => request({ originalReferenceNo: referenceNo, merchantId, reason }).cancel(requestId());

const order = (partnerReferenceNo) => ({
  partnerReferenceNo, merchantId, storeId: env('STORE_ID'), amount: rupiah(15000),
  additionalInfo: { acquirer: 'gopay', items: [{ id: '8143fc4f', price: rupiah(15000), quantity: 1, name: 'kopi' }] },
});

async function generated(ref) {
  const first = await generate(ref, order(ref));
  return expect(`generate ${ref}`, first, {
    responseCode: '2004700', ...processed, partnerReferenceNo: ref, referenceNo: reference, qrContent: payload,
    storeId: env('STORE_ID'), 'additionalInfo.acquirer': 'gopay',
  });
}

async function stands(step, code, fields) {
  const answer = await query(code.partnerReferenceNo, code.referenceNo);
  return expect(`${step}, query`, answer, {
    responseCode: '2005100', ...processed, serviceCode: '47', amount: rupiah(15000),
    originalReferenceNo: code.referenceNo, originalPartnerReferenceNo: code.partnerReferenceNo, ...fields,
  });
}

async function repeated(code) {
  const ref = code.partnerReferenceNo;
  expectSame('generate again', await generate(ref, order(ref)), code);
  expect('another body', await generate(ref, { ...order(ref), amount: rupiah(16000) }), { responseCode: '4094700' });
  expect('another request id', await generate(requestId(), order(ref)), { responseCode: '4094701' });
}

async function paid(code, server) {
  expect('pay', await pay(code.qrContent), { status: 200, 'body.codeReferenceNo': code.referenceNo, 'body.amount': '15000.00' });
  await stands('paid', code, { latestTransactionStatus: '00', transactionStatusDesc: 'Success', paidTime: moment });
  expect('notification', await server.next(), {
    refused: undefined, path: '/v1.0/qr/qr-mpm-notify', 'fields.originalReferenceNo': code.referenceNo,
    'fields.originalPartnerReferenceNo': code.partnerReferenceNo, 'fields.merchantId': merchantId,
    'fields.latestTransactionStatus': '00', 'fields.transactionStatusDesc': 'Success', 'fields.amount': rupiah(15000),
    'fields.externalStoreId': env('STORE_ID'), 'fields.additionalInfo.paidTime': moment,
  });
  await acknowledged('acknowledgement', code.referenceNo);
}

const refund = (code, partnerRefundNo, whole) => request({
  originalReferenceNo: code.referenceNo, originalPartnerReferenceNo: code.partnerReferenceNo,
  merchantId, partnerRefundNo, reason, refundAmount: rupiah(whole),
}).refund(requestId());

async function refunded(code, no, whole) {
  const answer = await refund(code, no, whole);
  return expect(`refund ${no}`, answer, {
    responseCode: '2007800', ...processed, originalReferenceNo: code.referenceNo,
    originalPartnerReferenceNo: code.partnerReferenceNo, refundNo: reference, partnerRefundNo: no,
    refundAmount: rupiah(whole), refundTime: moment,
  });
}

async function givenBack(code) {
  const first = await refunded(code, 'back-1', 5000);
  expectSame('refund back-1 again', await refund(code, 'back-1', 5000), first);
  expect('refund back-1 of another amount', await refund(code, 'back-1', 6000), { responseCode: '4047818' });
  await refunded(code, 'back-2', 4000);
  expect('refund too much', await refund(code, 'back-3', 6001), { responseCode: '4037802' });
  await stands('refunded in part', code, { latestTransactionStatus: '00', 'additionalInfo.refundHistory.length': 2 });
  await refunded(code, 'back-4', 6000);
  expect('refund when nothing is left', await refund(code, 'back-5', 1), { responseCode: '4047800' });
  await stands('refunded', code, {
    latestTransactionStatus: '04', transactionStatusDesc: 'Refunded', 'additionalInfo.refundHistory.length': 3,
    'additionalInfo.refundHistory.0.refundNo': first.refundNo,
  });
}

async function cancelled(code) {
  expect('cancel', await cancel(code.referenceNo), {
    responseCode: '2007700', ...processed, originalReferenceNo: code.referenceNo,
    originalPartnerReferenceNo: code.partnerReferenceNo, cancelTime: moment,
  });
  await stands('cancelled', code, { latestTransactionStatus: '05', transactionStatusDesc: 'Canceled', paidTime: undefined });
  expect('pay what is cancelled', await pay(code.qrContent), { status: 409, 'body.error.message': 'the code was cancelled' });
}

tell(async () => {
  configure();
  const server = await listen(verify, '2005200');
  await notifyAt(server.url);

  const sold = await generated('sold');
  await stands('unpaid', sold, { latestTransactionStatus: '03', transactionStatusDesc: 'Pending', paidTime: undefined });
  expect('refund before it is paid', await refund(sold, 'back-0', 1000), { responseCode: '4047800' });
  await repeated(sold);
  await paid(sold, server);
  await givenBack(sold);
  expect('cancel what is paid', await cancel(sold.referenceNo), { responseCode: '4047700' });

  await cancelled(await generated('unsold'));
  expect('query what is not there', await query('nothing'), { responseCode: '4045101' });
});

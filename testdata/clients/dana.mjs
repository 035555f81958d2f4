// dana-node goes through the life of orders. Its payment gateway makes them;
// then that and its widget, which calls other addresses, each see one that is
// paid and given back and one that is cancelled.
import { Dana } from 'dana-node';
import { WebhookParser } from 'dana-node/webhook/v1';
import { acknowledged, env, expect, expectSame, listen, moment, notifyAt, pay, payload, reference, rupiah, Surprise, tell } from './merchant.mjs';

const merchantId = env('MERCHANT_ID');
const externalStoreId = env('STORE_ID');
const reason = 'the customer changed her mind';

function connect() {
  const dana = new Dana({
    partnerId: env('PARTNER_ID'), privateKey: env('PRIVATE_KEY'), clientSecret: env('CLIENT_SECRET'),
    origin: 'https://merchant.example', env: 'sandbox', debugMode: 'true',
  });
  for (const api of [dana.paymentGatewayApi, dana.widgetApi]) {
    api.configuration.config = { basePath: env('API_URL') };
  }
  return dana;
}

// A verifier that takes everything would prove nothing, so it must refuse the
// same notification of another amount.
function verify({ method, path, headers, text }) {
  const parser = new WebhookParser(env('PROVIDER_PUBLIC_KEY'));
  const fields = parser.parseWebhook(method, path, headers, text);
  let other;
  try {
    other = parser.parseWebhook(method, path, headers, text.replaceAll('15000.00', '1.00'));
  } catch {
    return fields;
  }
  throw new Error(`the signature fits another amount too: ${other.amount.value}`);
}

// The client throws at a refusal.
async function refused(step, call, fields) {
  let answer;
  try {
    answer = await call;
  } catch (err) {
    if (!err.rawResponse) throw err;
    return expect(step, err.rawResponse, fields);
  }
  throw new Surprise(`${step}: it was not refused: ${JSON.stringify(answer)}`);
}

const order = (partnerReferenceNo, address, whole = 15000) => ({
  partnerReferenceNo, merchantId, externalStoreId, amount: rupiah(whole),
  urlParams: [address, { url: 'https://merchant.example/thanks', type: 'PAY_RETURN', isDeeplink: 'N' }].filter(Boolean),
  payOptionDetails: [{ payMethod: 'NETWORK_PAY', payOption: 'NETWORK_PAY_PG_QRIS', transAmount: rupiah(whole), feeAmount: rupiah(0) }],
  additionalInfo: {
    mcc: '5411', order: { orderTitle: 'Kopi dan roti', scenario: 'API', merchantTransType: 'SPECIAL_MOVIE', buyer: {} },
    envInfo: { sourcePlatform: 'IPG', terminalType: 'SYSTEM', orderTerminalType: 'WEB' },
  },
});

/** The life of orders through one of the client's APIs. */
class Story {
  constructor(dana, api, name, address) {
    Object.assign(this, { gateway: dana.paymentGatewayApi, api, name, address });
  }

  step(text) {
    return `${this.name}: ${text}`;
  }

  create(ref, whole) {
    return this.gateway.createOrder(order(ref, this.address, whole));
  }

  async created(ref) {
    const answer = await this.create(ref);
    return expect(this.step(`create ${ref}`), answer, {
      responseCode: '2005400', responseMessage: 'Successful', partnerReferenceNo: ref, referenceNo: reference,
      'additionalInfo.paymentCode': payload,
    });
  }

  original(order) {
    return { originalPartnerReferenceNo: order.partnerReferenceNo, originalReferenceNo: order.referenceNo, merchantId };
  }

  async stands(text, order, status, fields) {
    const answer = await this.api.queryPayment({ ...this.original(order), serviceCode: '54' });
    return expect(this.step(`${text}, query`), answer, {
      responseCode: '2005500', responseMessage: 'Successful', serviceCode: '54', title: 'Kopi dan roti',
      originalReferenceNo: order.referenceNo, originalPartnerReferenceNo: order.partnerReferenceNo,
      latestTransactionStatus: status.code, transactionStatusDesc: status.text, transAmount: rupiah(15000), amount: rupiah(15000),
      'additionalInfo.merchantId': merchantId, 'additionalInfo.statusDetail.acquirementStatus': status.text,
      'additionalInfo.amountDetail.orderAmount': rupiah(15000), 'additionalInfo.timeDetail.createdTime': moment,
      'additionalInfo.timeDetail.expiryTime': moment, ...fields,
    });
  }

  async repeated(order) {
    expectSame(this.step('create again'), await this.create(order.partnerReferenceNo), order);
    await refused(this.step('create another'), this.create(order.partnerReferenceNo, 16000), {
      responseCode: '4045418', responseMessage: 'Inconsistent Request', partnerReferenceNo: order.partnerReferenceNo,
    });
  }

  async paid(order, server, path) {
    expect(this.step('pay'), await pay(order.additionalInfo.paymentCode), {
      status: 200, 'body.codeReferenceNo': order.referenceNo, 'body.amount': '15000.00',
    });
    await this.stands('paid', order, success, {
      paidTime: moment, 'additionalInfo.timeDetail.paidTimes.0': moment, 'additionalInfo.amountDetail.payAmount': rupiah(15000),
      'additionalInfo.amountDetail.refundAmount': undefined,
    });
    expect(this.step('notification'), await server.next(), {
      refused: undefined, path, 'fields.originalPartnerReferenceNo': order.partnerReferenceNo,
      'fields.originalReferenceNo': order.referenceNo, 'fields.merchantId': merchantId, 'fields.amount': rupiah(15000),
      'fields.latestTransactionStatus': '00', 'fields.transactionStatusDesc': 'SUCCESS',
      'fields.createdTime': moment, 'fields.finishedTime': moment, 'fields.externalStoreId': externalStoreId,
      'fields.additionalInfo.paymentInfo.payOptionInfos.0.payMethod': 'NETWORK_PAY',
      'fields.additionalInfo.paymentInfo.payOptionInfos.0.payOption': 'NETWORK_PAY_PG_QRIS',
      'fields.additionalInfo.paymentInfo.payOptionInfos.0.payAmount': rupiah(15000),
    });
    await acknowledged(this.step('acknowledgement'), order.referenceNo);
  }

  refund(order, partnerRefundNo, whole) {
    return this.api.refundOrder({ ...this.original(order), partnerRefundNo, refundAmount: rupiah(whole), reason });
  }

  async refunded(order, no, whole) {
    const answer = await this.refund(order, no, whole);
    return expect(this.step(`refund ${no}`), answer, {
      responseCode: '2005800', responseMessage: 'Successful', originalPartnerReferenceNo: order.partnerReferenceNo,
      originalReferenceNo: order.referenceNo, partnerRefundNo: no, refundNo: reference, refundAmount: rupiah(whole), refundTime: moment,
    });
  }

  async givenBack(order) {
    const no = (n) => `${order.partnerReferenceNo}-${n}`;
    const first = await this.refunded(order, no(1), 5000);
    expectSame(this.step('refund 1 again'), await this.refund(order, no(1), 5000), first);
    await refused(this.step('refund 1 of another amount'), this.refund(order, no(1), 6000), { responseCode: '4045818' });
    await this.refunded(order, no(2), 4000);
    await refused(this.step('refund too much'), this.refund(order, no(3), 6001), {
      responseCode: '4035802', responseMessage: 'Exceeds Transaction Amount Limit', 'additionalInfo.debugMessage': /6000/,
    });
    await this.stands('refunded in part', order, success, { 'additionalInfo.amountDetail.refundAmount': rupiah(9000) });
    await this.refunded(order, no(4), 6000);
    await refused(this.step('refund when nothing is left'), this.refund(order, no(5), 1), { responseCode: '4045800' });
    await this.stands('refunded', order, success, { 'additionalInfo.amountDetail.refundAmount': rupiah(15000) });
  }

  cancel(order) {
    return this.api.cancelOrder({ ...this.original(order), reason, amount: rupiah(15000) });
  }

  async cancelled(order) {
    const answer = await this.cancel(order);
    expect(this.step('cancel'), answer, {
      responseCode: '2005700', responseMessage: 'Success', originalPartnerReferenceNo: order.partnerReferenceNo,
      originalReferenceNo: order.referenceNo, cancelTime: moment, transactionDate: moment,
    });
    await this.stands('cancelled', order, { code: '05', text: 'CANCELLED' }, {
      paidTime: undefined, 'additionalInfo.timeDetail.cancelledTime': moment,
    });
    expect(this.step('pay what is cancelled'), await pay(order.additionalInfo.paymentCode), {
      status: 409, 'body.error.message': 'the code was cancelled',
    });
  }

  async run(server, path) {
    const sold = await this.created(`${this.name}-sold`);
    await this.stands('unpaid', sold, { code: '01', text: 'INIT' }, { paidTime: undefined });
    await refused(this.step('refund before it is paid'), this.refund(sold, `${this.name}-0`, 1000), { responseCode: '4045800' });
    await this.repeated(sold);
    await this.paid(sold, server, path);
    await this.givenBack(sold);
    await refused(this.step('cancel what is paid'), this.cancel(sold), { responseCode: '4045700' });

    await this.cancelled(await this.created(`${this.name}-unsold`));
    const nothing = { partnerReferenceNo: 'nothing' };
    await refused(this.step('cancel what is not there'), this.cancel(nothing), { responseCode: '4045701' });
  }
}

const success = { code: '00', text: 'SUCCESS' };

tell(async () => {
  const dana = connect();
  const server = await listen(verify, '2005600');
  await notifyAt(`${server.url}/partner/notify`);
  await new Story(dana, dana.paymentGatewayApi, 'gateway').run(server, '/partner/notify');

  const own = { url: `${server.url}/order/notify`, type: 'NOTIFICATION', isDeeplink: 'N' };
  await new Story(dana, dana.widgetApi, 'widget', own).run(server, '/order/notify');
});

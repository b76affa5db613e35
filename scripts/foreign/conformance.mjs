// Walks every row of the table in sdk/devnet/chain/README.md with the unmodified
// npm client @mysten/sui. usage: node conformance.mjs <node url> <faucet url>
// <text|binary> <package.json as for sui.mjs> <packages.json of sdk/execution>.
// Prints one JSON object: row -> "served", or the code with which the node
// refuses it. A wrong answer is an exception and exit code 1.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { bcs } from '@mysten/sui/bcs';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { GrpcWebFetchTransport, SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { linker } from './link.mjs';
import { toBase64 } from '@mysten/sui/utils';

const [url, faucet, format, packageFile, dicePackages] = process.argv.slice(2);
const client =
	format === 'binary'
		? new SuiGrpcClient({ network: 'localnet', transport: new GrpcWebFetchTransport({ baseUrl: url, format: 'binary' }) })
		: new SuiGrpcClient({ network: 'localnet', baseUrl: url });
const alice = new Ed25519Keypair();
const sender = alice.toSuiAddress();
const long = (short) => '0x' + short.slice(2).padStart(64, '0');
const SUI = `${long('0x2')}::sui::SUI`;
const done = {};
const row = async (name, f) => {
	try {
		done[name] = (await f()) ?? 'served';
	} catch (e) {
		e.message = `${name}: ${e.message}`;
		throw e;
	}
};
const refusal = async (promise) => {
	try {
		await promise;
	} catch (e) {
		return e.code;
	}
	return assert.fail('it was answered');
};

async function run(tx, include = {}) {
	tx.setSenderIfNotSet(sender);
	const bytes = await tx.build({ client });
	const { signature } = await alice.signTransaction(bytes);
	const out = await client.executeTransaction({ transaction: bytes, signatures: [signature], include: { effects: true, ...include } });
	assert.equal(out.$kind, 'Transaction', JSON.stringify(out));
	return out.Transaction;
}

await row('faucet', async () => {
	const { status, coins_sent: coins } = await requestSuiFromFaucetV2({ host: faucet, recipient: sender });
	assert.equal(status ?? 'Success', 'Success');
	if (coins) assert.equal(coins.length, 5);
});
await row('getBalance', async () => {
	const { balance } = await client.getBalance({ owner: sender });
	assert.deepEqual([balance.balance, balance.coinBalance, balance.addressBalance], ['1000000000000', '1000000000000', '0']);
});
await row('listBalances', async () => {
	const { balances } = await client.listBalances({ owner: sender });
	assert.deepEqual(balances.map((b) => b.coinType), [SUI]);
});
let coins;
await row('listCoins', async () => {
	({ objects: coins } = await client.listCoins({ owner: sender }));
	assert.deepEqual(coins.map((c) => c.balance), Array(5).fill('200000000000'));
});
await row('getObject', async () => {
	const { object } = await client.getObject({ objectId: coins[0].objectId, include: { content: true, objectBcs: true, json: true, previousTransaction: true } });
	assert.equal(object.json.balance, '200000000000');
	assert.equal(object.owner.AddressOwner, sender);
});
await row('getObjects', async () => {
	const { objects } = await client.getObjects({ objectIds: [coins[0].objectId, long('0x99'), '0x2'] });
	assert.deepEqual([objects[0].objectId, objects[1].code, objects[2].type, objects[2].version], [coins[0].objectId, 'notExists', 'package', '1']);
});
await row('listOwnedObjects', async () => {
	const page = await client.listOwnedObjects({ owner: sender, type: '0x2::coin::Coin', limit: 4 });
	assert.deepEqual([page.objects.length, page.hasNextPage], [4, true]);
});
await row('getCoinMetadata', async () => {
	const { coinMetadata } = await client.getCoinMetadata({ coinType: SUI });
	assert.deepEqual([coinMetadata.symbol, coinMetadata.decimals], ['SUI', 9]);
	const unknown = await client.getCoinMetadata({ coinType: '0x2::table::None' });
	assert.equal(unknown.coinMetadata, null);
});
await row('getReferenceGasPrice', async () => assert.equal((await client.getReferenceGasPrice()).referenceGasPrice, '1000'));
await row('getCurrentSystemState', async () => assert.equal((await client.getCurrentSystemState()).systemState.epoch, '0'));
await row('getProtocolConfig', async () => {
	const { protocolConfig } = await client.core.getProtocolConfig();
	assert.equal(protocolConfig.attributes.max_tx_size_bytes, '131072');
});
await row('getChainIdentifier', async () => {
	const { chainIdentifier } = await client.core.getChainIdentifier();
	const { response } = await client.ledgerService.getCheckpoint({ checkpointId: { oneofKind: 'sequenceNumber', sequenceNumber: 0n } });
	assert.equal(chainIdentifier, response.checkpoint.digest);
});

let payment;
await row('executeTransaction', async () => {
	const tx = new Transaction();
	tx.transferObjects([tx.splitCoins(tx.gas, [7])], long('0x77'));
	payment = await run(tx, { balanceChanges: true });
	assert.equal(payment.balanceChanges.find((c) => c.address === long('0x77')).amount, '7');
});
await row('getTransaction', async () => {
	const { Transaction: tx } = await client.getTransaction({ digest: payment.digest, include: { effects: true, transaction: true, bcs: true, balanceChanges: true, events: true, objectTypes: true } });
	assert.deepEqual([tx.transaction.sender, tx.effects.gasUsed], [sender, payment.effects.gasUsed]);
	await assert.rejects(client.getTransaction({ digest: '1'.repeat(32) }), /not found/i);
});
await row('waitForTransaction', async () => {
	const { Transaction: tx } = await client.waitForTransaction({ digest: payment.digest });
	assert.ok(tx.checkpoint);
});
await row('simulateTransaction', async () => {
	const { objects } = await client.listCoins({ owner: long('0x77') });
	const tx = new Transaction();
	tx.setSender(long('0x77'));
	tx.moveCall({ target: '0x2::coin::value', typeArguments: [SUI], arguments: [tx.object(objects[0].objectId)] });
	const { $kind, commandResults } = await client.simulateTransaction({ transaction: tx, checksEnabled: false, include: { commandResults: true, effects: true } });
	assert.deepEqual([$kind, bcs.u64().parse(commandResults[0].returnValues[0].bcs)], ['Transaction', '7']);
});

let table;
const entry = ['u64', 'u64'];
await row('listDynamicFields', async () => {
	const tx = new Transaction();
	const [t] = tx.moveCall({ target: '0x2::table::new', typeArguments: entry });
	for (const k of [1, 2]) tx.moveCall({ target: '0x2::table::add', typeArguments: entry, arguments: [t, tx.pure.u64(k), tx.pure.u64(k * 10)] });
	tx.transferObjects([t], sender);
	const { objectTypes } = await run(tx, { objectTypes: true });
	table = Object.keys(objectTypes).find((k) => objectTypes[k].includes('::table::Table<'));
	const { dynamicFields } = await client.listDynamicFields({ parentId: table });
	assert.deepEqual(dynamicFields.map((f) => f.name.type), ['u64', 'u64']);
});
await row('getDynamicField', async () => {
	const { dynamicField } = await client.getDynamicField({ parentId: table, name: { type: 'u64', bcs: bcs.u64().serialize(2).toBytes() } });
	assert.equal(bcs.u64().parse(dynamicField.value.bcs), '20');
});
await row('getDynamicObjectField', async () => {
	const types = ['u64', `0x2::coin::Coin<${SUI}>`];
	const tx = new Transaction();
	const [t] = tx.moveCall({ target: '0x2::object_table::new', typeArguments: types });
	tx.moveCall({ target: '0x2::object_table::add', typeArguments: types, arguments: [t, tx.pure.u64(5), tx.splitCoins(tx.gas, [77])] });
	tx.transferObjects([t], sender);
	const { objectTypes } = await run(tx, { objectTypes: true });
	const parentId = Object.keys(objectTypes).find((k) => objectTypes[k].includes('::ObjectTable<'));
	const { object } = await client.getDynamicObjectField({ parentId, name: { type: 'u64', bcs: bcs.u64().serialize(5).toBytes() }, include: { json: true } });
	assert.equal(object.json.balance, '77');
});

let pkg, version;
const made = [];
await row('getMoveFunction', async () => {
	const link = linker();

	for (const p of JSON.parse(readFileSync(packageFile))) {
		const tx = new Transaction();
		tx.transferObjects([tx.publish(link.resolve(p))], sender);
		const { objectTypes } = await run(tx, { objectTypes: true });
		pkg = Object.keys(objectTypes).find((k) => objectTypes[k] === 'package');
		version = Object.keys(objectTypes).find((k) => objectTypes[k].endsWith('::PackageVersion'));
		link.add(p, pkg);
	}
	const { function: fn } = await client.getMoveFunction({ packageId: pkg, moduleName: 'members', name: 'grant' });
	assert.deepEqual([fn.visibility, fn.parameters.length], ['public', 6]);
	for (let n = 0; n < 5; n++) {
		const make = new Transaction();
		const none = () => make.pure.option('u64', null);
		const [policy, cap] = make.moveCall({ target: `${pkg}::policy::new`, arguments: [none(), none(), make.object(version)] });
		make.moveCall({ target: `${pkg}::policy::share`, arguments: [policy, make.object(version)] });
		make.transferObjects([cap], sender);
		made.push((await run(make)).digest);
	}
});

// pages follows cursors, limit items at a time, to the end.
async function pages(list, key, options) {
	const out = [];
	for (let cursor = null, more = true; more; ) {
		const page = await list({ ...options, ...(cursor ? { [options.order === 'descending' ? 'before' : 'after']: cursor } : {}) });
		assert.ok(page[key].length <= 2);
		out.push(...page[key]);
		more = page.hasNextPage;
		cursor = page.endCursor;
	}
	return out;
}

await row('listTransactions', async () => {
	const filter = { function: `${pkg}::policy::new` };
	const digests = async (options) => (await pages((o) => client.core.listTransactions(o), 'transactions', { limit: 2, ...options })).map((t) => t.Transaction.digest);
	assert.deepEqual(await digests({ filter }), made);
	assert.deepEqual(await digests({ filter, order: 'descending' }), made.toReversed());
	const mine = await digests({ filter: { sender } });
	assert.deepEqual([mine[0], mine.slice(-5)], [payment.digest, made]);
	assert.deepEqual(await digests({ filter: { sender: long('0x77') } }), []);
});
await row('listEvents', async () => {
	const type = `${pkg}::policy_events::PolicyCreated`;
	for (const filter of [
		{ eventType: type },
		{ eventType: `${pkg}::policy_events` },
		{ emitModule: `${pkg}::policy` },
		{ sender },
	]) {
		const events = await pages((o) => client.core.listEvents(o), 'events', { limit: 2, filter });
		assert.deepEqual(events.map((e) => [e.transactionDigest, e.eventIndex, e.eventType]), made.map((d) => [d, 0, type]), JSON.stringify(filter));
		assert.equal(events[0].json.owner, sender);
		assert.ok(events[0].checkpoint);
	}
});

// The raw protobuf-ts streams, with filters, watermarks and reasons.
const sent = { terms: [{ literals: [{ negated: false, predicate: { oneofKind: 'sender', sender: { address: sender } } }] }] };
const frames = async (call) => {
	const out = [];
	for await (const f of call.responses) out.push(f);
	return out;
};
await row('LedgerService.ListCheckpoints', async () => {
	const { response } = await client.ledgerService.getServiceInfo({});
	const all = await frames(client.ledgerService.listCheckpoints({ endCheckpoint: response.checkpointHeight + 1n, options: { limit: 1000 } }));
	assert.equal(BigInt(all.length), response.checkpointHeight + 2n);
	assert.deepEqual([all.at(-1).end.reason, all.at(-1).checkpoint, all.at(-1).watermark.checkpoint], [3, undefined, response.checkpointHeight]);
});
await row('LedgerService.ListTransactions', async () => {
	const [first, ...rest] = await frames(client.ledgerService.listTransactions({ filter: sent, options: { limit: 1 }, readMask: { paths: ['digest', 'transaction_index', 'checkpoint'] } }));
	assert.deepEqual([rest.length, first.end.reason, first.transaction.digest], [0, 1, payment.digest]);
	const none = await frames(client.ledgerService.listTransactions({ filter: sent, options: { before: first.watermark.cursor } }));
	assert.deepEqual(none.map((f) => [f.transaction, f.end.reason]), [[undefined, 4]]);
	const call = client.ledgerService.listTransactions({ filter: { terms: [] } });
	await assert.rejects(frames(call), (e) => e.code === 'INVALID_ARGUMENT');
	await call.then(() => {}, () => {});
});
await row('LedgerService.ListEvents', async () => {
	const all = await frames(client.ledgerService.listEvents({ filter: sent, options: { ordering: 1 }, readMask: { paths: ['transaction_digest', 'contents'] } }));
	assert.deepEqual(all.slice(0, -1).map((f) => f.event.transactionDigest), made.toReversed());
	assert.equal(all.at(-1).end.reason, 3);
});

async function subscription(open, item) {
	const stop = new AbortController();
	const stream = open(client.subscriptionService, { abort: stop.signal });
	await stream.headers;
	const make = new Transaction();
	const none = () => make.pure.option('u64', null);
	const [policy, cap] = make.moveCall({ target: `${pkg}::policy::new`, arguments: [none(), none(), make.object(version)] });
	make.moveCall({ target: `${pkg}::policy::share`, arguments: [policy, make.object(version)] });
	make.transferObjects([cap], sender);
	const { digest } = await run(make);
	for await (const frame of stream.responses) {
		assert.ok(frame.watermark?.cursor ?? frame.cursor);
		if (item(frame) === digest) break;
	}
	stop.abort();
	await stream.then(() => {}, () => {});
}
await row('SubscriptionService.SubscribeCheckpoints', () =>
	subscription((s, o) => s.subscribeCheckpoints({ filter: sent, readMask: { paths: ['transactions.digest'] } }, o), (f) => f.checkpoint?.transactions.at(-1).digest),
);
await row('SubscriptionService.SubscribeTransactions', () =>
	subscription((s, o) => s.subscribeTransactions({ filter: sent }, o), (f) => f.transaction?.digest),
);
await row('SubscriptionService.SubscribeEvents', () =>
	subscription((s, o) => s.subscribeEvents({ filter: sent, readMask: { paths: ['transaction_digest'] } }, o), (f) => f.event?.transactionDigest),
);

await row('verifyZkLoginSignature', async () => {
	const message = new TextEncoder().encode('hello');
	const { signature } = await alice.signPersonalMessage(message);
	const ask = (bytes) => client.core.verifyZkLoginSignature({ bytes: toBase64(bytes), signature, intentScope: 'PersonalMessage', address: sender });
	assert.equal((await ask(message)).success, true);
	assert.equal((await ask(message.slice(1))).success, false);
});
await row('nameService.lookupName', () => refusal(client.nameService.lookupName({ name: 'a.sui' })));
await row('nameService.reverseLookupName', () => refusal(client.nameService.reverseLookupName({ address: sender })));
await row('mvr', async () => {
	const named = new SuiGrpcClient({ network: 'localnet', baseUrl: url, mvr: { overrides: { packages: { '@floe/access': pkg } } } });
	const { function: fn } = await named.getMoveFunction({ packageId: '@floe/access', moduleName: 'members', name: 'grant' });
	assert.equal(fn.name, 'grant');
});
await row('forkingService', async () => {
	const { response: before } = await client.forkingService.getStatus({});
	const { response: moved } = await client.forkingService.advanceClock({ durationMs: 3_600_000n });
	assert.ok(moved.timestampMs >= before.timestampMs + 3_600_000n);
	const { Transaction: tx } = await client.getTransaction({ digest: moved.txDigest });
	assert.ok(tx.status.success);
	const { response: sealed } = await client.forkingService.advanceCheckpoint({});
	assert.ok(sealed.checkpointSequenceNumber > before.checkpointSequenceNumber);
});
await row('tx.object.random', async () => {
	const { dice } = JSON.parse(readFileSync(dicePackages)).packages;
	const publish = new Transaction();
	publish.transferObjects([publish.publish(dice)], sender);
	const { objectTypes } = await run(publish, { objectTypes: true });
	const target = `${Object.keys(objectTypes).find((k) => objectTypes[k] === 'package')}::dice::roll`;
	const seen = new Set();
	for (let n = 0; n < 2; n++) {
		const roll = new Transaction();
		roll.moveCall({ target, arguments: [roll.object.random()] });
		const { events } = await run(roll, { events: true });
		assert.equal(events.length, 3);
		for (const e of events) seen.add(toBase64(e.bcs));
	}
	assert.equal(seen.size, 6);
	const again = new Transaction();
	for (let n = 0; n < 2; n++) again.moveCall({ target, arguments: [again.object.random()] });
	again.setSender(sender);
	await assert.rejects(again.build({ client }), /Random/);
});
console.log(JSON.stringify(done));

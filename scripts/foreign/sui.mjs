// Drives a chain with the unmodified npm client @mysten/sui and checks what it
// answers. usage: node sui.mjs <node url> <faucet url> <text|binary> <package.json>
// where package.json holds [{placeholder, modules, dependencies}], the contract to publish last.
// Prints one JSON object; any difference is an exception and exit code 1.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { GrpcWebFetchTransport, SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Secp256k1Keypair } from '@mysten/sui/keypairs/secp256k1';
import { Secp256r1Keypair } from '@mysten/sui/keypairs/secp256r1';
import { Inputs, Transaction } from '@mysten/sui/transactions';
import { linker } from './link.mjs';
import { bcs } from '@mysten/sui/bcs';
import { deriveDynamicFieldID, fromBase58, fromBase64, fromHex, toBase58 } from '@mysten/sui/utils';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { blake2b } from '@noble/hashes/blake2.js';

const [url, faucet, format, packageFile] = process.argv.slice(2);
const client =
	format === 'binary'
		? new SuiGrpcClient({ network: 'localnet', transport: new GrpcWebFetchTransport({ baseUrl: url, format: 'binary' }) })
		: new SuiGrpcClient({ network: 'localnet', baseUrl: url });
const alice = Ed25519Keypair.fromSecretKey(new Uint8Array(32).fill(format === 'binary' ? 7 : 8));
const bob = new Ed25519Keypair();
const sender = alice.toSuiAddress();
const long = (short) => '0x' + short.slice(2).padStart(64, '0');
const SUI = '0x0000000000000000000000000000000000000000000000000000000000000002::sui::SUI';

async function run(tx, include = {}) {
	tx.setSenderIfNotSet(sender);
	const bytes = await tx.build({ client });
	const { signature } = await alice.signTransaction(bytes);
	const done = await client.executeTransaction({ transaction: bytes, signatures: [signature], include: { effects: true, ...include } });
	assert.equal((done.Transaction ?? done.FailedTransaction).digest, await tx.getDigest({ client }));
	return done;
}

async function network() {
	const { chainIdentifier } = await client.core.getChainIdentifier();
	const { referenceGasPrice } = await client.getReferenceGasPrice();
	assert.equal(referenceGasPrice, '1000');
	const { systemState } = await client.getCurrentSystemState();
	assert.equal(systemState.epoch, '0');
	const { protocolConfig } = await client.core.getProtocolConfig();
	assert.equal(protocolConfig.attributes.max_tx_size_bytes, '131072');
	return { chainIdentifier };
}

async function money() {
	await requestSuiFromFaucetV2({ host: faucet, recipient: sender });
	const { balance } = await client.getBalance({ owner: sender });
	assert.equal(balance.balance, '1000000000000');
	assert.equal(balance.coinBalance, balance.balance);
	assert.equal(balance.addressBalance, '0');
	const { balances } = await client.listBalances({ owner: sender });
	assert.deepEqual(balances.map((b) => [b.coinType, b.balance]), [[SUI, '1000000000000']]);
	const first = await client.listCoins({ owner: sender, limit: 3 });
	const rest = await client.listCoins({ owner: sender, limit: 3, cursor: first.cursor });
	assert.deepEqual([first.objects.length, first.hasNextPage, rest.objects.length, rest.hasNextPage], [3, true, 2, false]);
	assert.equal(new Set([...first.objects, ...rest.objects].map((c) => c.objectId)).size, 5);
	assert.equal(first.objects[0].balance, '200000000000');
	const { coinMetadata } = await client.getCoinMetadata({ coinType: '0x2::sui::SUI' });
	assert.equal(coinMetadata.decimals, 9);
}

async function payment() {
	const tx = new Transaction();
	const [a, b] = tx.splitCoins(tx.gas, [1234, 5678]);
	tx.transferObjects([a, b], bob.toSuiAddress());
	const done = await run(tx, { balanceChanges: true, objectTypes: true, transaction: true, bcs: true });
	assert.equal(done.$kind, 'Transaction');
	const { digest, effects, balanceChanges, objectTypes } = done.Transaction;
	const gas = effects.gasUsed;
	const cost = BigInt(gas.computationCost) + BigInt(gas.storageCost) - BigInt(gas.storageRebate);
	const changes = Object.fromEntries(balanceChanges.map((c) => [c.address, c.amount]));
	assert.deepEqual(changes, { [bob.toSuiAddress()]: '6912', [sender]: String(-(6912n + cost)) });
	const created = effects.changedObjects.filter((c) => c.idOperation === 'Created');
	assert.equal(created.length, 2);
	for (const c of created) assert.equal(objectTypes[c.objectId], `${long('0x2')}::coin::Coin<${SUI}>`);
	const waited = await client.waitForTransaction({ digest, include: { effects: true } });
	assert.deepEqual(waited.Transaction.effects, effects);
	assert.ok(waited.Transaction.checkpoint);
	assert.equal((await client.getBalance({ owner: bob.toSuiAddress() })).balance.balance, '6912');
	await assert.rejects(client.getTransaction({ digest: '11111111111111111111111111111111' }));
	return { digest, coin: created[0].objectId };
}

async function objects(coin) {
	const missing = '0x' + '9'.repeat(64);
	const { objects } = await client.getObjects({
		objectIds: [coin, missing, '0x2', '0x6'],
		include: { content: true, previousTransaction: true, objectBcs: true, json: true },
	});
	assert.equal(objects[0].owner.AddressOwner, bob.toSuiAddress());
	assert.equal(bcs.Address.parse(objects[0].content.slice(0, 32)), coin);
	assert.equal(objects[0].json.balance, String(bcs.u64().parse(objects[0].content.slice(32))));
	assert.equal(objects[1].code, 'notExists');
	assert.deepEqual([objects[2].type, objects[2].version], ['package', '1']);
	assert.equal(objects[3].owner.Shared.initialSharedVersion, '1');
	assert.ok(Math.abs(Number(objects[3].json.timestamp_ms) - Date.now()) < 60_000);
	const owned = await client.listOwnedObjects({ owner: sender, type: '0x2::coin::Coin' });
	assert.equal(owned.objects.length > 0, true);
}


// A call whose value comes back, of a simulation that changes nothing.
async function clock() {
	const tx = new Transaction();
	tx.setSender(sender);
	tx.moveCall({ target: '0x2::clock::timestamp_ms', arguments: [tx.object.clock()] });
	const { commandResults } = await client.simulateTransaction({ transaction: tx, include: { commandResults: true } });
	const ms = Number(bcs.u64().parse(commandResults[0].returnValues[0].bcs));
	assert.ok(Math.abs(ms - Date.now()) < 30_000, `the Clock says ${ms}`);
}

const entry = ['u64', '0x1::string::String'];

async function dynamicFields() {
	const tx = new Transaction();
	const [table] = tx.moveCall({ target: '0x2::table::new', typeArguments: entry });
	for (const [k, v] of [[7n, 'seven'], [8n, 'eight'], [9n, 'nine']]) {
		tx.moveCall({ target: '0x2::table::add', typeArguments: entry, arguments: [table, tx.pure.u64(k), tx.pure.string(v)] });
	}
	tx.transferObjects([table], sender);
	const done = await run(tx, { objectTypes: true });
	assert.equal(done.$kind, 'Transaction', JSON.stringify(done));
	const types = done.Transaction.objectTypes;
	const id = Object.keys(types).find((k) => types[k].includes('::table::Table<'));
	const first = await client.listDynamicFields({ parentId: id, limit: 2, include: { value: true } });
	const rest = await client.listDynamicFields({ parentId: id, limit: 2, cursor: first.cursor, include: { value: true } });
	assert.deepEqual([first.dynamicFields.length, first.hasNextPage, rest.dynamicFields.length, rest.hasNextPage], [2, true, 1, false]);
	const found = [...first.dynamicFields, ...rest.dynamicFields];
	const entries = found.map((f) => [Number(bcs.u64().parse(f.name.bcs)), bcs.string().parse(f.value.bcs)]);
	assert.deepEqual(entries.sort(), [[7, 'seven'], [8, 'eight'], [9, 'nine']]);
	for (const f of found) {
		assert.equal(f.fieldId, deriveDynamicFieldID(id, 'u64', f.name.bcs));
		assert.equal(f.$kind, 'DynamicField');
		assert.equal(f.name.type, 'u64');
	}
	const { dynamicField } = await client.getDynamicField({ parentId: id, name: { type: 'u64', bcs: bcs.u64().serialize(8).toBytes() } });
	assert.equal(bcs.string().parse(dynamicField.value.bcs), 'eight');
	const { object } = await client.getObject({ objectId: id, include: { json: true } });
	assert.equal(object.json.size, '3');
	return id;
}

// A dynamic object field: the field holds the id, the object hangs on the field.
async function dynamicObjectFields() {
	const types = ['u64', `0x2::coin::Coin<${SUI}>`];
	const tx = new Transaction();
	const [table] = tx.moveCall({ target: '0x2::object_table::new', typeArguments: types });
	const [coin] = tx.splitCoins(tx.gas, [77]);
	tx.moveCall({ target: '0x2::object_table::add', typeArguments: types, arguments: [table, tx.pure.u64(5), coin] });
	tx.transferObjects([table], sender);
	const done = await run(tx, { objectTypes: true });
	assert.equal(done.$kind, 'Transaction', JSON.stringify(done));
	const parentId = Object.entries(done.Transaction.objectTypes).find(([, t]) => t.includes('::ObjectTable<'))[0];
	const { dynamicFields } = await client.listDynamicFields({ parentId });
	assert.equal(dynamicFields.length, 1);
	const [field] = dynamicFields;
	assert.deepEqual([field.$kind, field.name.type, field.valueType], ['DynamicObject', 'u64', `${long('0x2')}::coin::Coin<${SUI}>`]);
	const { object } = await client.getDynamicObjectField({ parentId, name: field.name, include: { content: true, json: true } });
	assert.equal(object.objectId, field.childId);
	assert.equal(object.owner.ObjectOwner, field.fieldId);
	assert.equal(object.json.balance, '77');
}

// Other key types, and a transaction that somebody else pays for.
async function signers() {
	for (const key of [new Secp256k1Keypair(), new Secp256r1Keypair()]) {
		await requestSuiFromFaucetV2({ host: faucet, recipient: key.toSuiAddress() });
		const tx = new Transaction();
		tx.transferObjects([tx.splitCoins(tx.gas, [1])], sender);
		const done = await client.signAndExecuteTransaction({ transaction: tx, signer: key });
		assert.equal(done.$kind, 'Transaction', JSON.stringify(done));
		const message = new TextEncoder().encode('open sesame');
		const { signature } = await key.signPersonalMessage(message);
		const ask = async (value, address) => {
			const { response } = await client.signatureVerificationService.verifySignature({
				message: { name: 'PersonalMessage', value: bcs.byteVector().serialize(value).toBytes() },
				signature: { bcs: { value: fromBase64(signature) }, signature: { oneofKind: undefined } },
				address,
				jwks: [],
			});
			return response.isValid;
		};
		assert.equal(await ask(message, key.toSuiAddress()), true);
		assert.equal(await ask(message, sender), false);
		assert.equal(await ask(message.slice(1), key.toSuiAddress()), false);
	}
	const poor = new Ed25519Keypair();
	const coins = await client.listCoins({ owner: bob.toSuiAddress() });
	const gift = new Transaction();
	gift.setSender(bob.toSuiAddress());
	gift.setGasOwner(sender);
	gift.transferObjects([gift.object(coins.objects[0].objectId)], poor.toSuiAddress());
	const bytes = await gift.build({ client });
	const [a, b] = [await alice.signTransaction(bytes), await bob.signTransaction(bytes)];
	await assert.rejects(client.executeTransaction({ transaction: bytes, signatures: [b.signature] }), (e) => e.code === 'INVALID_ARGUMENT');
	const done = await client.executeTransaction({ transaction: bytes, signatures: [b.signature, a.signature], include: { balanceChanges: true } });
	assert.equal(done.$kind, 'Transaction', JSON.stringify(done));
	assert.equal(done.Transaction.balanceChanges.length, 3);
}

// A transaction that fails: refused when built, recorded when sent anyway.
async function failure(table) {
	const build = () => {
		const tx = new Transaction();
		tx.setSender(sender);
		return tx;
	};
	const asked = build();
	asked.moveCall({ target: '0x2::table::destroy_empty', typeArguments: entry, arguments: [asked.object(table)] });
	await assert.rejects(asked.build({ client }), (e) => {
		assert.equal(e.executionError.$kind, 'MoveAbort');
		assert.equal(e.executionError.MoveAbort.abortCode, '0');
		assert.equal(e.executionError.MoveAbort.location.module, 'table');
		assert.equal(e.executionError.MoveAbort.location.functionName, 'destroy_empty');
		return true;
	});
	const { object } = await client.getObject({ objectId: table });
	await requestSuiFromFaucetV2({ host: faucet, recipient: sender }); // all coins were merged to pay for gas
	const { objects: coins } = await client.listCoins({ owner: sender });
	const forced = build();
	forced.setGasBudget(50_000_000);
	forced.setGasPrice(1000);
	forced.setGasPayment(coins.slice(0, 1));
	const input = forced.object(Inputs.ObjectRef({ objectId: table, version: object.version, digest: object.digest }));
	forced.moveCall({ target: '0x2::table::destroy_empty', typeArguments: entry, arguments: [input] });
	const done = await run(forced, { balanceChanges: true });
	assert.equal(done.$kind, 'FailedTransaction');
	assert.equal(done.FailedTransaction.status.error.MoveAbort.abortCode, '0');
	const after = await client.getObject({ objectId: table });
	assert.notEqual(after.object.version, object.version);
	// The same object version again: refused, not executed.
	const again = build();
	again.setGasBudget(50_000_000);
	again.setGasPrice(1000);
	again.setGasPayment(coins.slice(1, 2));
	again.transferObjects([again.object(Inputs.ObjectRef({ objectId: table, version: object.version, digest: object.digest }))], sender);
	await assert.rejects(run(again), (e) => e.code === 'INVALID_ARGUMENT' && /not the newest/.test(e.message));
}

async function coinsMerge() {
	await requestSuiFromFaucetV2({ host: faucet, recipient: sender });
	const { objects: coins } = await client.listCoins({ owner: sender });
	const { balance: before } = await client.getBalance({ owner: sender });
	const tx = new Transaction();
	tx.mergeCoins(tx.object(coins[1].objectId), [tx.object(coins[2].objectId)]);
	const done = await run(tx);
	const gas = done.Transaction.effects.gasUsed;
	const deleted = done.Transaction.effects.changedObjects.filter((c) => c.idOperation === 'Deleted');
	assert.ok(deleted.some((c) => c.objectId === coins[2].objectId));
	const { balance: after } = await client.getBalance({ owner: sender });
	const cost = BigInt(gas.computationCost) + BigInt(gas.storageCost) - BigInt(gas.storageRebate);
	assert.equal(BigInt(after.balance), BigInt(before.balance) - cost);
}

async function publish() {
	const types = [];
	let id;
	const link = linker();
	for (const pkg of JSON.parse(readFileSync(packageFile))) {
		const tx = new Transaction();
		tx.transferObjects([tx.publish(link.resolve(pkg))], sender);
		const done = await run(tx, { objectTypes: true, events: true });
		assert.equal(done.$kind, 'Transaction', JSON.stringify(done));
		types.unshift(...Object.entries(done.Transaction.objectTypes));
		id = types.find(([, t]) => t === 'package')[0];
		link.add(pkg, id);
	}
	const only = (name) => types.find(([, t]) => t.endsWith(`::${name}`))[0];
	assert.ok(types.some(([, t]) => t === `${long('0x2')}::package::UpgradeCap`));

	const make = new Transaction();
	const none = () => make.pure.option('u64', null);
	const [policy, cap] = make.moveCall({ target: `${id}::policy::new`, arguments: [none(), none(), make.object(only('PackageVersion'))] });
	make.moveCall({ target: `${id}::policy::share`, arguments: [policy, make.object(only('PackageVersion'))] });
	make.transferObjects([cap], sender);
	const made = await run(make, { objectTypes: true, events: true });
	assert.equal(made.$kind, 'Transaction', JSON.stringify(made));
	const objects = Object.entries(made.Transaction.objectTypes);
	const find = (name) => objects.find(([, t]) => t === `${id}::policy::${name}`)[0];
	const event = made.Transaction.events[0];
	assert.equal(event.eventType, `${id}::policy_events::PolicyCreated`);
	assert.deepEqual([event.json.policy_id, event.json.owner, event.json.not_before_ms], [find('Policy'), sender, null]);

	const grant = new Transaction(); // a shared object, by its id alone
	grant.moveCall({
		target: `${id}::members::grant`,
		arguments: [grant.object(find('Policy')), grant.object(find('PolicyCap')), grant.pure.address(bob.toSuiAddress()), grant.object(only('PackageVersion')), grant.object.clock()],
	});
	const granted = await run(grant, { events: true, transaction: true });
	assert.equal(granted.$kind, 'Transaction', JSON.stringify(granted));
	assert.equal(granted.Transaction.events[0].json.member, bob.toSuiAddress());
	const shared = granted.Transaction.transaction.inputs[0].Object.SharedObject;
	assert.deepEqual([shared.objectId, shared.mutable], [find('Policy'), true]);

	const { function: fn } = await client.getMoveFunction({ packageId: id, moduleName: 'members', name: 'grant' });
	assert.deepEqual([fn.visibility, fn.parameters.length], ['public', 6]);
	assert.deepEqual(fn.parameters[0], { reference: 'mutable', body: { $kind: 'datatype', datatype: { typeName: `${id}::policy::Policy`, typeParameters: [] } } });

	// As @mysten/seal builds it: kind only, the node finds the shared objects.
	const approve = new Transaction();
	approve.moveCall({
		target: `${id}::policy::seal_approve`,
		arguments: [
			approve.pure.vector('u8', [...fromHex(find('Policy')), 1]),
			approve.object(find('Policy')),
			approve.object(only('Lineage')),
			approve.object(only('PackageVersion')),
			approve.object.clock(),
		],
	});
	const kind = bcs.TransactionKind.parse(await approve.build({ client, onlyTransactionKind: true }));
	const inputs = kind.ProgrammableTransaction.inputs;
	assert.deepEqual(inputs.slice(1).map((i) => i.Object.SharedObject.mutable), [false, false, false, false]);
	// Who may open: the node runs the policy for any sender, without signature.
	for (const [who, allowed] of [[sender, true], [bob.toSuiAddress(), true], [long('0x99'), false]]) {
		const ask = Transaction.fromKind(bcs.TransactionKind.serialize(kind).toBytes());
		ask.setSender(who);
		const verdict = await client.simulateTransaction({ transaction: ask, checksEnabled: false });
		assert.equal(verdict.$kind, allowed ? 'Transaction' : 'FailedTransaction', JSON.stringify(verdict));
		if (!allowed) assert.equal(verdict.FailedTransaction.status.error.MoveAbort.abortCode, '1');
	}
}

// Live checkpoints, and the committee's signature checked by another library.
async function checkpoints() {
	const stop = new AbortController();
	const stream = client.subscriptionService.subscribeCheckpoints(
		{ readMask: { paths: ['sequence_number', 'digest', 'summary.bcs', 'signature', 'transactions.digest'] } },
		{ abort: stop.signal },
	);
	await stream.headers;
	const tx = new Transaction();
	tx.transferObjects([tx.splitCoins(tx.gas, [1])], bob.toSuiAddress());
	const { digest } = (await run(tx)).Transaction;
	const { response } = await client.ledgerService.getEpoch({ readMask: { paths: ['committee'] } });
	const members = response.epoch.committee.members;
	for await (const { checkpoint } of stream.responses) {
		const summary = checkpoint.summary.bcs.value;
		const hash = blake2b(new Uint8Array([...Buffer.from('CheckpointSummary::'), ...summary]), { dkLen: 32 });
		assert.equal(toBase58(hash), checkpoint.digest);
		const message = new Uint8Array([2, 0, 0, ...summary, 0, 0, 0, 0, 0, 0, 0, 0]);
		const short = bls12_381.shortSignatures;
		const key = short.aggregatePublicKeys(members.map((m) => bls12_381.G2.Point.fromBytes(m.publicKey)));
		const point = short.hash(message, 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_');
		assert.equal(short.verify(bls12_381.G1.Point.fromBytes(checkpoint.signature.signature), point, key), true);
		if (checkpoint.transactions.some((t) => t.digest === digest)) break;
	}
	stop.abort();
}

const out = { format, ...(await network()) };
assert.equal(fromBase58(out.chainIdentifier).length, 32);
await money();
const { digest, coin } = await payment();
await objects(coin);
await clock();
await failure(await dynamicFields());
await dynamicObjectFields();
await coinsMerge();
await signers();
await publish();
await checkpoints();
console.log(JSON.stringify({ ...out, digest }));

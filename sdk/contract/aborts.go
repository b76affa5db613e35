package contract

import (
	"fmt"
	"strings"
)

// An Abort is a code with which a function of our contracts stops, and what it
// means. Code is unique within Module, Module within our packages. All but Text
// and the remedy is generated from the Move sources.
type Abort struct {
	Package string // storage, catalog, access, key_server, walrus_adapter, committee or framework
	Module  string
	Code    uint64
	Name    string // of the constant in the Move source
	Doc     string // what the source says about it
	Text    string // why, in plain words for users; else Doc's first sentence
	remedy  remedy
}

// An AbortCode names an abort in errors.Is: see the variables of this package
// that are named after module and constant, such as [PolicyENoAccess].
type AbortCode struct {
	Package, Module string
	Code            uint64
}

// Error gives the text of the abort.
func (c AbortCode) Error() string {
	if a, ok := LookupAbort(c.Module, c.Code); ok {
		return a.Text
	}
	return fmt.Sprintf("%s::%s aborted with code %d", c.Package, c.Module, c.Code)
}

// AbortStaleFullnode is the abort code of time::check_staleness: the full node
// lags behind. Key servers tell it apart from a refusal.
const AbortStaleFullnode = 93492

// remedy says what would help; Situation may be empty.
type remedy func(Situation) string

func do(s string) remedy { return func(Situation) string { return s } }

// Remedy says what would help, as specifically as the situation allows.
func (a Abort) Remedy(s Situation) string {
	if a.remedy == nil {
		return ""
	}
	return a.remedy(s)
}

// Remedies that several aborts share.
var (
	upgradeClient   = do("update floe; the contracts on this network are newer than it is")
	fixCommittee    = do("correct the committee and set it again")
	collectAgain    = do("collect confirmations from the storage nodes again: run the same floe publish once more")
	fixKeyCommittee = do("correct the committee's members or threshold")
	isABug          = do("this is a defect of the client that built the transaction; please report it")
	fixMeasurement  = do("give the registers 0, 1 and 2, and any of 3, 4, 8 and 16 to 31, ascending, each with its 48 bytes")
	findCapability  = do("sign with the key that holds the matching capability")
)

// advice is what to tell users about an abort: why, and what would help.
type advice struct {
	text   string
	remedy remedy
}

// advices has one for each code of our contracts, in the order of the sources.
// A test finds those that are missing.
var advices = map[string]advice{

	// Storage.
	"system::EWrongVersion":    {"the storage system belongs to another version of the contract", upgradeClient},
	"system::ENotAdmin":        {"the capability is not the storage system's", findCapability},
	"system::EEpochNotAfter":   {"the new committee's epoch is not after the current one", do("give the committee a later epoch")},
	"system::ENoCommittee":     {"the network has no storage nodes yet", do("ask the network's administrator to set the storage committee")},
	"system::EAlreadyMigrated": {"the storage system is of this version already", do("nothing needs to be done")},
	"system::EAlreadyExpired":  {"the blob's expiry is recorded already", do("nothing needs to be done")},
	"system::EMustPropose":     {"there is a storage committee: it hands over to the next one, or that is proposed", do("have a quorum of the present committee sign the hand-over, or propose the committee and wait")},
	"system::ENothingProposed": {"no storage committee is proposed", do("propose one first")},
	"system::EAlreadyProposed": {"a storage committee is proposed already", do("apply or cancel it first")},
	"system::ETooEarly":        {"the delay of the proposed storage committee is not over", do("apply it when its delay is over; the event CommitteeProposed says when")},
	"system::EWrongSuccessor":  {"the storage committee signed the hand-over to another one", fixCommittee},
	"system::EInvalidDelay":    {"the delay would not grow, or be longer than ten years", do("choose a longer delay, of at most ten years")},
	"system::EFollows":         {"the storage system follows another network: it has no committee", do("store on the network that it follows, and record the blob")},
	"system::EHasCommittee":    {"the storage system has a committee: it follows nobody", do("publish the contracts anew to follow another network")},
	"system::ENotFollowed":     {"the storage system does not follow the network that the module reports", do("look up which module it follows")},
	"system::EEpochBefore":     {"the followed network's epoch is before the one reported last", isABug},

	"blob::EInvalidEncoding":     {"the encoding is not RS2, the only one that storage nodes accept", isABug},
	"blob::EInvalidEndEpoch":     {"the blob would end in the current storage epoch or before", do("choose a later end epoch")},
	"blob::EInvalidBlobId":       {"the blob id does not belong to the root hash and the size", isABug},
	"blob::EBlobIdMismatch":      {"the certificate is for another blob", isABug},
	"blob::EAlreadyCertified":    {"the blob is certified already", do("go on without certifying it: run the same floe publish once more")},
	"blob::EExpired":             {"the time for which the blob was registered is over", do("register the blob again with a later end epoch")},
	"blob::EPersistenceMismatch": {"the blob is permanent and its certificate is for a deletable one, or the other way round", collectAgain},
	"blob::EObjectIdMismatch":    {"the certificate is for another registration of the same data", collectAgain},
	"blob::ENotCertified":        {"the blob is not certified, so there is nothing to extend", do("certify the blob first: run the same floe publish once more")},
	"blob::EInvalidExtension":    {"the new end is not after the present one", do("choose a later end epoch")},
	"blob::ENotDeletable":        {"the blob is permanent: nobody can delete it before its end", do("wait for its end; keys can be withheld at once by narrowing the policy")},
	"blob::ENotExpired":          {"the blob's last epoch is not over yet", do("wait until the storage epoch reaches the blob's end")},
	"blob::ETooFarAhead":         {"the blob would end more than 53 epochs from now", do("choose an end epoch at most 53 epochs from now, and extend the blob later")},

	"committee::EInvalidMembers":           {"the committee has no members, or a member lacks its name, address, key, proof or shards", fixCommittee},
	"committee::EEmptyName":                {"a storage node has no name or no address", fixCommittee},
	"committee::EDuplicateName":            {"two storage nodes have the same name", fixCommittee},
	"committee::EInvalidPublicKey":         {"a storage node's public key is no BLS12-381 key of 48 bytes", fixCommittee},
	"committee::EDuplicatePublicKey":       {"two storage nodes have the same public key", fixCommittee},
	"committee::EInvalidProofOfPossession": {"a storage node did not prove that it holds the secret of its key", do("have the node sign its proof for this epoch and for the account that sets the committee")},
	"committee::ENoShards":                 {"a storage node holds no shard", fixCommittee},
	"committee::EInvalidShardCount":        {"there are fewer than 4 or more than 65535 shards", fixCommittee},
	"committee::EShardOutOfRange":          {"a shard's number is not below the number of shards", fixCommittee},
	"committee::EDuplicateShard":           {"a shard is assigned twice", fixCommittee},
	"committee::EInvalidBitmap":            {"the certificate names signers that the committee does not have", collectAgain},
	"committee::ENotEnoughWeight":          {"the storage nodes that signed hold too few of the shards", do("wait until more storage nodes are reachable and run the same floe publish once more")},
	"committee::EInvalidSignature":         {"the storage nodes' signature is not valid", collectAgain},

	"messages::EMessageTooShort":    {"the message that the storage nodes signed is cut short", collectAgain},
	"messages::EInvalidVersion":     {"the message that the storage nodes signed has an unknown version", isABug},
	"messages::EInvalidApp":         {"the message that the storage nodes signed is not for storage", isABug},
	"messages::EEpochMismatch":      {"the storage nodes signed for another epoch than the current one", collectAgain},
	"messages::EInvalidType":        {"the message that the storage nodes signed certifies no blob", isABug},
	"messages::EInvalidPersistence": {"the message that the storage nodes signed is neither for a permanent nor for a deletable blob", isABug},
	"messages::ENotHandOver":        {"the message that the storage nodes signed hands nothing over", isABug},

	// Catalog.
	"catalog::EInvalidName":         {"the dataset's name is empty or longer than 128 bytes", do("choose a shorter name")},
	"catalog::EWrongCap":            {"the capability is another dataset's", findCapability},
	"catalog::EInvalidDigest":       {"the manifest's digest is not 32 bytes long", isABug},
	"catalog::EBlobNotCertified":    {"a blob of the version is not certified", do("certify every blob first: run the same floe publish once more")},
	"catalog::EDuplicateBlob":       {"the version holds the same blob twice", do("publish each content once")},
	"catalog::EManifestNotIncluded": {"the manifest's blob is not among the blobs of the version", isABug},
	"catalog::ENothingToExtend":     {"no blob of the version would end later than it does", do("choose a later end epoch")},
	"catalog::ENothingExpired":      {"no blob of the version has expired without being recorded", do("nothing needs to be done")},

	"catalog_version::EWrongVersion":    {"the call goes to a version of the catalog contract that is not in force", do("update floe, or the ids of the contracts in its network file")},
	"catalog_version::EAlreadyMigrated": {"this version of the catalog contract is in force already", do("nothing needs to be done")},

	"legal_hold::EStands": {"there is no legal hold on the version, or it stands still", do("have its holders lift it and wait 3 days")},

	"lineage::EWrongCap":               {"the capability is another dataset's", findCapability},
	"lineage::EAlreadyRecorded":        {"the version is in the lineage already", do("nothing needs to be done; what is recorded is final")},
	"lineage::EUnknownVersion":         {"there is no such version in the lineage", do("record the version in the lineage first, its parents before it")},
	"lineage::EInvalidKind":            {"the kind is not 0 to 4", do("choose a kind from 0 to 4")},
	"lineage::EInvalidDigest":          {"a digest is not 32 bytes long", isABug},
	"lineage::EInvalidParents":         {"parents, their digests and their weights differ in number, or there are more than 32", do("name at most 32 parents, each with a digest and a weight")},
	"lineage::EDuplicateParent":        {"a parent is named twice", do("name each parent once and add up its weights")},
	"lineage::EParentDigestMismatch":   {"a parent's manifest has another digest than the child says", do("look the parents up again and name the digests of their manifests")},
	"lineage::EParentRevoked":          {"a parent is revoked", do("make the version again without the revoked parent")},
	"lineage::EInvalidWeights":         {"weights are 0, do not sum to 10,000 basis points, or a version without parents passes income on", do("choose weights above 0 that sum to 10000")},
	"lineage::EInvalidPayees":          {"there is no payee, there are more than 8 or not as many as weights, or one is named twice", do("name 1 to 8 different payees, each with a weight")},
	"lineage::ETooDeep":                {"the version would lie more than 16 edges above a version without parents", do("derive from versions that lie nearer to the original data, or choose a larger bound")},
	"lineage::ETooManyAncestors":       {"the version would have more than 64 ancestors", do("derive from fewer versions")},
	"lineage::ERevoked":                {"the version or an ancestor is revoked", do("use a version that is not revoked and was not derived from one that is")},
	"lineage::EOnHold":                 {"the version or an ancestor is on hold", do("wait until the hold ends")},
	"lineage::ENotOnHold":              {"the version is not on hold", do("nothing needs to be done")},
	"lineage::ETooEarly":               {"the end of the hold was not announced, or its time has not come", do("announce the end of the hold and wait 3 days")},
	"lineage::EAlreadyCertified":       {"the blob is certified already: its origin can no longer be stated", do("register the manifest again and state its origin before certifying it")},
	"lineage::EOriginAlreadyBound":     {"the origin of the blob was stated already", do("nothing needs to be done; what is stated is final")},
	"lineage::EOriginOfAnotherDataset": {"the origin was stated for another dataset", do("register the manifest again for this dataset")},
	"lineage::EInvalidRefundWindow":    {"the refund window is longer than 90 days", do("choose at most 90 days")},

	"consent::EInvalidDigest":   {"the digest of the consent record is not 32 bytes long", isABug},
	"consent::EInvalidEnd":      {"the consent would end before it begins", do("choose an end in the future")},
	"consent::ENotSubject":      {"the sender is not who gave the consent", do("sign with the key that gave the consent")},
	"consent::EWithdrawn":       {"the consent is withdrawn already", do("leave out what the consent was for")},
	"consent::EEnded":           {"the consent has ended", do("ask for consent again")},
	"consent::EWrongDataset":    {"the consent, or the capability, is another dataset's than the version", do("use the consent and the capability of the dataset that the version belongs to")},
	"consent::EAlreadyAttached": {"the version depends on the consent already", do("nothing needs to be done")},
	"consent::ETooManyVersions": {"64 versions depend on the consent; more would make withdrawing it too large", do("ask for a new consent")},
	"consent::EVersionRevoked":  {"the version is revoked", do("use a version that is not revoked")},

	"revenue::ENothingPaid":     {"the payment is 0", do("pay more than 0")},
	"revenue::ENotForSale":      {"the version is revoked or on hold", do("choose a version that is not revoked and not on hold; what was paid for this one can be refunded")},
	"revenue::EUnknownSale":     {"there is no such sale, or it is settled or refunded already", do("look the sale up: it may be settled or refunded already")},
	"revenue::EStillRefundable": {"the refund window is not over yet", do("wait until the refund window is over")},
	"revenue::ENotRefundable":   {"the version is neither revoked nor on hold: there is no refund", do("refunds are for versions that are revoked or on hold")},
	"revenue::ENeedsTicket":     {"what was paid goes back only to who has the ticket", do("give back what was bought: a pass with pass::refund")},
	"revenue::EWrongTreasury":   {"the payment is kept in another treasury", do("name the treasury that the PassPaidToVersion event names")},
	"revenue::ENothingToClaim":  {"nothing is credited to the sender", do("claim with the account that is credited, from the treasury that the IncomeCredited events name")},

	"inference_log::EInvalidName":  {"the name is empty or longer than 128 bytes", do("choose a shorter name")},
	"inference_log::EWrongCap":     {"the capability is another log's", findCapability},
	"inference_log::EInvalidRoot":  {"the root is not 32 bytes long", isABug},
	"inference_log::EShrinks":      {"the log would shrink", do("commit to the whole log; it cannot shrink")},
	"inference_log::ENotGrown":     {"the log has the size already that is to be committed", do("nothing needs to be done")},
	"inference_log::EInconsistent": {"the new tree does not begin with the committed one, or the proof is bad", do("prove consistency with the tree that is committed now; if that cannot be done the log was changed")},
	"inference_log::ENotIncluded":  {"the entry is not at this place of the committed tree, or the proof is bad", do("make the proof for the tree that is committed now")},
	"inference_log::ENotAService":  {"the version that the log is for is no inference service", do("name a version of kind 4, inference service")},
	"inference_log::ENotOwner":     {"the capability is not that of the service's dataset", findCapability},
	"inference_log::ENotAttested":  {"the service was not attested by an enclave of this configuration", do("attest the service first, by an enclave of this configuration")},
	"inference_log::EMustBeSigned": {"the log is bound to enclaves: one must sign its heads", do("have an enclave of the configuration that the log is bound to sign the head")},
	"inference_log::EWrongConfig":  {"the log is not bound to this configuration", do("name the configuration that the log is bound to")},

	"measurement::EInvalidCount":    {"there are not as many indices as values, or more than 22", fixMeasurement},
	"measurement::EInvalidIndex":    {"indices are not ascending, 0, 1 and 2 are not among them, or one is not 0 to 4, 8 or 16 to 31", fixMeasurement},
	"measurement::EInvalidLength":   {"a value is not 48 bytes long", fixMeasurement},
	"measurement::EZeroValue":       {"a value is all zero, as in debug mode", do("measure the image as it runs outside debug mode: nitro-cli build-enclave prints the values")},
	"measurement::EDebugMode":       {"the document is of an enclave in debug mode: its registers 0, 1 and 2 are zero", do("start the enclave without --debug-mode")},
	"measurement::EMissingRegister": {"the document does not list a register that the measurement asks for", do("register the enclave under a version that does not ask for this register")},
	"measurement::EMismatch":        {"a register of the document has another value", do("run the image that the configuration approves, or propose the measurement of this one")},

	"nitro_report::EInvalidPublicKey": {"the document holds no public key, or none of 32 bytes (Ed25519)", do("have the enclave put its Ed25519 key, 32 bytes, into the document")},

	"enclave_config::EInvalidName":     {"the name is empty or longer than 128 bytes", do("choose a shorter name")},
	"enclave_config::EInvalidDelay":    {"the delay is longer than ten years", do("choose a shorter delay")},
	"enclave_config::EInvalidLifetime": {"registrations would last for no time, or longer than 366 days", do("choose a lifetime of at most 366 days")},
	"enclave_config::EInvalidDigest":   {"a digest is neither empty nor 32 bytes long", isABug},
	"enclave_config::EWrongCap":        {"the capability is another configuration's", findCapability},
	"enclave_config::ENotSecond":       {"the sender is not the second person", do("sign with the key of the second person")},
	"enclave_config::EUnknownProposal": {"there is no such proposal", do("look the proposal up: it may be approved or dropped already")},
	"enclave_config::EAlreadyAgreed":   {"the second person agreed already, or none is asked for", do("nothing needs to be done")},
	"enclave_config::ENotAgreed":       {"the second person has not agreed", do("ask the second person to agree")},
	"enclave_config::ETooEarly":        {"the delay is not over", do("approve it when its delay is over; the event MeasurementProposed says when")},
	"enclave_config::ETooMany":         {"as many versions or proposals are there as can be: 64 and 8", do("approve or drop a proposal first, or make another configuration")},
	"enclave_config::EAlreadyApproved": {"the measurement is approved already", do("nothing needs to be done")},
	"enclave_config::EUnknownVersion":  {"the configuration has no such version", do("name a version that was approved; numbers begin with 0")},
	"enclave_config::EVersionRevoked":  {"the version is revoked", do("use an enclave of a version that is not revoked")},
	"enclave_config::EConfigRevoked":   {"the configuration is revoked", do("use another configuration")},
	"enclave_config::EDelayNotRaised":  {"the delay would not grow", do("choose a longer delay")},

	"enclave::EWrongRegistrant":   {"the document is not for the sender to register under this configuration", do("have the enclave attest again, with the registration data of this configuration and of your address as user data")},
	"enclave::EUnboundRefused":    {"the configuration takes no documents that do not name who registers them", do("have the enclave name the configuration and your address in the user data of its document")},
	"enclave::EStaleDocument":     {"the document is more than an hour old", do("have the enclave attest again and register within the hour")},
	"enclave::EFutureDocument":    {"the document is from the future", do("wait a moment; the clocks of the enclave and of the chain differ")},
	"enclave::EAlreadyRegistered": {"the enclave's key was registered before", do("nothing needs to be done; a restarted enclave has a new key")},
	"enclave::EWrongConfig":       {"the enclave is registered under another configuration", do("name the configuration that the enclave is registered under")},
	"enclave::ERevoked":           {"the enclave is revoked", do("use another enclave")},
	"enclave::EExpired":           {"the enclave's registration has ended", do("renew the registration with a new document")},
	"enclave::EWrongKey":          {"the document is of another enclave", do("hand in a document of the enclave whose registration is to be renewed")},
	"enclave::ENotNewer":          {"the document is not newer than the one before", do("have the enclave attest again")},
	"enclave::EStaleMessage":      {"the message is older than it may be", do("have the enclave sign again")},
	"enclave::EFutureMessage":     {"the message is from the future", do("wait a moment; the clocks of the enclave and of the chain differ")},
	"enclave::EInvalidSignature":  {"the enclave did not sign this message", do("hand in what the enclave signed, unchanged, with its signature of 64 bytes")},
	"enclave::EHasPredecessor":    {"the enclave has a predecessor already", do("nothing needs to be done; the first predecessor is final")},
	"enclave::ENotRegistrant":     {"the sender did not register the enclave", do("sign with the key that registered the enclave")},
	"enclave::EStillRegistered":   {"the enclave is neither revoked nor has its registration ended", do("revoke it first, or wait until its registration ends")},

	"attested::EInvalidKind":       {"the kind is not 1 (transform) to 4 (inference service)", do("name kind 1 to 4")},
	"attested::EInvalidDigest":     {"a digest is not 32 bytes long", isABug},
	"attested::EInvalidStatistics": {"there are not as many counts as rules, or more than 64; or more rows came out of a rule than went in", do("give for each of at most 64 rules how many rows it saw and how many of them it kept")},
	"attested::EInvalidTimes":      {"the run ends before it begins, or was signed before it ended", do("check the times: begun, ended, signed, in this order")},
	"attested::EInvalidBlobs":      {"a blob is named twice, or is none of the parent's", do("name each blob that was read once, under the version that it belongs to")},
	"attested::EManifestNotRead":   {"the blob with the parent's manifest is not among those that were read", do("have the enclave read and name the manifest of every version that it reads")},
	"attested::EDuplicateParent":   {"the parent is named twice", do("name each version once, with all of its blobs that were read")},
	"attested::ENoParents":         {"the run names no parent", do("name the versions that were read")},
	"attested::EWrongKind":         {"the node is of another kind", do("attest the version that the run made")},
	"attested::EWrongDataset":      {"the node belongs to another dataset", do("attest the version that the run made")},
	"attested::EWrongOutput":       {"the node has another manifest", do("attest the version that the run made")},
	"attested::EWrongParents":      {"the node's parents are not those of the run, or stand in another order", do("record the version with exactly the parents that the run read, in its order")},
	"attested::EApprovedTooLate":   {"the version of the configuration was approved after the run began", do("run it again now that the image is approved")},
	"attested::EAlreadyAttested":   {"the node is attested already", do("nothing needs to be done")},
	"attested::EReplayed":          {"a node was attested by this run already", do("a run attests one version; run it again for another")},
	"attested::ENotAttested":       {"the node is not attested", do("have an enclave make the version and attest it")},

	// Walrus adapter.
	"walrus_adapter::ENotCertified": {"Walrus has not certified the blob", do("certify it on Walrus first")},
	"walrus_adapter::EDeletable":    {"the owner may delete the blob on Walrus at any time", do("store it on Walrus as a permanent blob")},
	"walrus_adapter::EExpired":      {"Walrus stores the blob no longer", do("store it on Walrus again")},
	"walrus_adapter::EOtherBlob":    {"the two objects are for different blobs", do("name a Walrus blob of the same content")},

	// Access.
	"policy::EWrongIdentity":  {"the key that was asked for does not belong to this policy", do("ask with the policy that the data was encrypted under")},
	"policy::ENoAccess":       {"the requester is neither the owner nor on the allow-list", askForGrant},
	"policy::ETooEarly":       {"the policy does not release keys yet", opens},
	"policy::ETooLate":        {"the policy does not release keys any more", closed},
	"policy::EWrongCap":       {"the capability is another policy's", findCapability},
	"policy::EInvalidWindow":  {"the time window ends before or when it begins", do("choose an end after the beginning")},
	"policy::EHeld":           {"the policy is under a legal hold", waitForHold},
	"policy::EObjectNotShown": {"the requester has not shown an object of the type that the policy asks for", showObject},
	"policy::ENoPass":         {"the requester has not shown a valid pass", buyPass},
	"policy::ENoPurpose":      {"the requester has not declared a purpose that the policy accepts", declare},
	"policy::ENotApproved":    {"too few stewards approve of the requester", askStewards},
	"policy::ENotAttested":    {"the module that the policy asks for has not vouched for the requester", do("make a key request through that module; see which with: floe policy show <policy>")},
	"policy::EUnknownClause":  {"the policy has no clause with this number", showPolicy},
	"policy::EUnknownOffer":   {"the policy sells no passes under this number", showPolicy},
	"policy::ETooMany":        {"the policy has as many clauses as it can", do("remove one first, or make another policy")},
	"policy::EFrozen":         {"the policy is frozen: nothing widens it ever again", do("publish a version under a new policy")},
	"policy::EMustPropose":    {"the change would widen the policy at once", do("propose it with: floe policy propose; or act as the policy's owner or one of its delegates")},
	"policy::EInvalidDelay":   {"the delay is longer than ten years", do("choose a shorter delay")},
	"policy::ERevoked":        {"a version of a dataset that the policy demands, or one that it was made from, is revoked for ever", do("use a version that is not revoked and was not made from one that is")},
	"policy::EOnHold":         {"a version of a dataset that the policy demands, or one that it was made from, is on hold", do("wait until the hold ends")},

	"members::EAlreadyMember":    {"the address may decrypt already: it is the owner or on the allow-list", do("nothing needs to be done")},
	"members::ENotMember":        {"the address is not on the allow-list", showMembers},
	"members::ENotDelegate":      {"the address is not one of the policy's delegates", showPolicy},
	"members::ETooManyDelegates": {"the policy has 16 delegates, as many as it can", do("remove one first")},
	"members::EMustPropose":      {"the change would widen the policy at once", do("propose it with: floe policy propose; or act as the policy's owner or one of its delegates")},

	"shop::ETooMany":        {"the policy has 16 offers, as many as it can", do("make another policy")},
	"shop::EPriceNotRaised": {"the price is not above the present one", do("propose a lower price with: floe policy propose")},
	"shop::EClosed":         {"passes of this offer are not sold any more", do("nothing needs to be done")},
	"shop::EOtherPolicy":    {"the version's keys are guarded by another policy", do("make the offer with the policy that the version names")},
	"shop::ENoPrice":        {"a version can't be sold for nothing", do("give a price above 0, or make an offer that is paid to the policy's payee")},

	"rule::EInvalidStewards": {"the list of addresses is empty, too long or names one twice, or the threshold does not fit it", do("name 1 to 32 different addresses and a threshold from 1 to their number")},
	"rule::EInvalidPurpose":  {"there are more than 32 purposes, or one is empty or longer than 256 bytes", do("give shorter purposes")},
	"rule::EInvalidClause":   {"the clause has no rule left, which would let everybody in, or more than 16", do("give every clause 1 to 16 rules")},
	"rule::EInvalidWindow":   {"the clause's time window ends before or when it begins", do("choose an end after the beginning")},

	"offer::EInvalidOffer": {"the offer has neither a term nor a number of uses, or one that is zero or beyond a hundred years", do("give a term, a number of uses, or both")},

	"hold::ENotHolder":       {"the sender is not one of the addresses that may place or lift the hold", do("vote as one of the holders; of a policy they are shown by: floe policy show <policy>")},
	"hold::EAlreadyVoted":    {"the sender voted already", do("wait for the other holders' votes")},
	"hold::ENothingToChange": {"the vote is for what is so already", do("nothing needs to be done")},
	"hold::EInvalidHolders":  {"the holders are too many or one is named twice, or the threshold does not fit them", do("name up to 32 different addresses and a threshold from 1 to their number, or none and 0")},

	"governance::EUnknownProposal": {"the policy has no proposal with this number", showPolicy},
	"governance::ETooEarly":        {"the policy's delay is not over yet", do("apply the change later; see from when on with: floe policy show <policy>")},
	"governance::ETooMany":         {"as many proposals wait as can", do("apply or cancel one first")},
	"governance::EUnknownRule":     {"the clause does not have the rule that is to be removed", showPolicy},
	"governance::EPriceNotLowered": {"the price is not below the present one", do("raise a price without proposing it")},
	"governance::EDelayNotRaised":  {"the policy's delay would not grow, and it can only be raised", do("choose a longer delay")},

	"enclave_gate::EWrongWallet": {"the requester's address is not that of the wallet's key", do("ask with the wallet that the enclave vouches for, and give its Ed25519 key")},

	"pass::EWrongPolicy":   {"the pass is another policy's", buyPass},
	"pass::ENotHolder":     {"the pass is another address's", do("act as the holder of the pass, or buy another")},
	"pass::EExpired":       {"the pass's term is over", buyPass},
	"pass::EUsedUp":        {"the pass has no use left", buyPass},
	"pass::EMustRequest":   {"the pass's uses are counted, which a decision can't do", do("make a key request with the pass first")},
	"pass::ENotForSale":    {"passes of this offer are not sold any more", showPolicy},
	"pass::EWrongCoin":     {"the offer is for another coin", showPolicy},
	"pass::EWrongAmount":   {"the payment is not exactly the price", showPolicy},
	"pass::EForVersion":    {"the offer is paid along the lineage of a version", do("buy with pass::buy_version and a treasury for the offer's coin")},
	"pass::ENotForVersion": {"the offer is paid to the policy's payee", do("buy with pass::buy")},
	"pass::ENotLiving":     {"the version that the offer is for, or one that it was made from, is revoked or on hold", do("wait until the hold ends, or choose another version")},
	"pass::ENotRefundable": {"there is no refund for this pass: what was paid was never kept back, or keys can be had", do("refunds are for passes of a version with a refund window, while its keys are stopped")},

	"stewards::ENotSteward":  {"no clause of the policy names the sender as a steward", showPolicy},
	"stewards::EAlreadyOver": {"the approval would end before it begins", do("choose an end in the future")},
	"stewards::ENotApproved": {"the sender has not approved of the requester", do("nothing needs to be done")},

	"key_request::EWrongPolicy":  {"the key request is for another policy", do("make a key request for this policy")},
	"key_request::ENotRequester": {"the key request is another address's", do("make a key request of your own")},
	"key_request::EExpired":      {"the key request is over", do("make another key request")},

	"upgrade::ENothingProposed": {"no upgrade is proposed", do("propose one first")},
	"upgrade::ETooEarly":        {"the delay before the upgrade is not over yet", do("upgrade later")},
	"upgrade::EAlreadyProposed": {"another upgrade is proposed already", do("cancel it first")},
	"upgrade::EDelayNotRaised":  {"the delay before upgrades would not grow, and it can only be raised", do("choose a longer delay")},
	"upgrade::EInvalidDelay":    {"the delay is longer than ten years", do("choose a shorter delay")},
	"upgrade::EInvalidDigest":   {"the digest of the new code is not 32 bytes long", isABug},
	"upgrade::ETooPermissive":   {"the upgrade may change more than the package allows", do("propose an upgrade that is additive, or of dependencies only")},

	"version::EWrongVersion":    {"the call goes to a version of the access contract that is not in force", do("update floe, or the ids of the contracts in its network file")},
	"version::EAlreadyMigrated": {"this version of the access contract is in force already", do("nothing needs to be done")},

	"anchors::EInvalidOrigin":    {"the origin is empty, longer than 128 bytes or not one line", do("choose one line of 1 to 128 bytes, as in the log's checkpoints")},
	"anchors::EInvalidPublicKey": {"the public key is not 32 bytes long", do("give the log's Ed25519 key, 32 bytes")},
	"anchors::EInvalidRoot":      {"the root is not 32 bytes long", isABug},
	"anchors::EInvalidSignature": {"the operator did not sign this head", do("hand in the signature of the checkpoint's three lines by the log's key, 64 bytes")},
	"anchors::EShrinks":          {"the head is of a smaller tree than the anchored one", do("anchor the newest head; smaller trees are covered by it")},
	"anchors::ENotGrown":         {"a tree of this size is anchored already", do("nothing needs to be done; if the roots differ, prove the fork")},
	"anchors::ESameRoot":         {"the two heads have the same root", do("two heads prove a fork only if their roots differ")},
	"anchors::EAlreadyProven":    {"that there are two trees of this size is on record already", do("nothing needs to be done")},

	// Key server.
	"key_server::EInvalidKeyType":    {"the key type is unknown", do("register with key type 0 (Boneh-Franklin on BLS12-381)")},
	"key_server::EInvalidVersion":    {"the key server does not have the layout that the call is for", do("look at its first_version and last_version")},
	"key_server::EInvalidServerType": {"the call is for independent key servers and this is a committee, or the other way round", do("use the call for this kind of key server")},

	"key_server::EInvalidThreshold": {"a committee's threshold is below 2 or above the number of its members", fixKeyCommittee},
	"key_server::EInvalidPartyId":   {"a member's party id is not its position in the committee", isABug},
	"key_server::EDuplicateName":    {"two members of a committee have the same name", fixKeyCommittee},
	"key_server::EInvalidMembers":   {"there is not one address for each member of the committee", isABug},

	"seal_committee::ENotMember":              {"the account is not a member of the committee", do("sign with the account that the committee names")},
	"seal_committee::EInvalidMembers":         {"a member is named twice, or there are too many", fixKeyCommittee},
	"seal_committee::EInvalidThreshold":       {"the threshold is below 2 or above the number of members", fixKeyCommittee},
	"seal_committee::EInsufficientOldMembers": {"fewer of the old committee's members go on than its threshold, and nobody could hand over the key", do("keep as many members of the old committee as its threshold says")},
	"seal_committee::EAlreadyRegistered":      {"the member has registered already", do("nothing needs to be done; see floe-oracle dkg status")},
	"seal_committee::ENotRegistered":          {"a member has not registered yet", do("wait for it; see floe-oracle dkg status")},
	"seal_committee::EAlreadyProposed":        {"the member has proposed already", do("nothing needs to be done; see floe-oracle dkg status")},
	"seal_committee::EInvalidProposal":        {"the proposal differs from that of another member", do("compare the digest of the messages: all members must process the same ones; see floe-oracle dkg verify")},
	"seal_committee::EInvalidState":           {"the committee is not at the step that the call is for", do("see floe-oracle dkg status for the next step")},
	"seal_committee::ENameAlreadyTaken":       {"another member has registered this name", do("choose another name")},
	"seal_committee::ENotAuthorized":          {"only members decide about upgrades", do("sign with the account that the committee names")},
	"seal_committee::EInvalidPackageDigest":   {"the digest of the new code is not 32 bytes long", isABug},
	"seal_committee::ENoProposalForDigest":    {"no upgrade to the code with this digest is proposed", do("vote for it first, after another proposal, if any, was voted down and reset")},
	"seal_committee::ENotEnoughVotes":         {"fewer members than the threshold voted that way", do("wait until more members have voted")},
	"seal_committee::EWrongVersion":           {"an upgrade is under way in this transaction", do("vote about the next one when it is done")},
	"seal_committee::EWrongUpgradeCap":        {"the UpgradeCap is not that of this copy of the package, or the package was upgraded before", do("give the UpgradeCap that publishing this copy made")},
	"seal_committee::EInconsistentKeys":       {"the proposed keys do not belong together", do("process the messages of the ceremony again; see floe-oracle dkg verify")},
	"seal_committee::ECodeSwitchedOff":        {"another version of the committee's contract is in force", do("use the version of floe-oracle that has it; floe-oracle dkg upgrade says which code the committee has")},
	"seal_committee::EKeyAlreadyTaken":        {"another member has registered this key", do("draw other keys with floe-oracle dkg keygen, in another folder")},
	"seal_committee::ENeutralKey":             {"the registered key is the neutral point, whose secret everybody knows", do("draw keys with floe-oracle dkg keygen")},

	"time::EStaleFullnode": {"the full node lags behind", do("try again in a moment, or use another full node")},
}

// frameworkAborts are codes of 0x2 that our calls can meet.
var frameworkAborts = []Abort{
	{Package: "framework", Module: "group_ops", Code: 1, Name: "EInvalidInput", Text: "a public key is not a valid point of BLS12-381", remedy: do("check the key: 48 bytes for storage nodes, 96 bytes for key servers, in hex as the key ceremony printed it")},
}

// aborts are all codes of our contracts.
var aborts = advised(documented)

func advised(table []Abort) []Abort {
	for i := range table {
		a := &table[i]
		what := advices[a.Module+"::"+a.Name]
		a.Text, a.remedy = what.text, what.remedy
		if a.Text == "" {
			a.Text = plainSentence(a.Doc)
		}
	}
	return table
}

// plainSentence turns documentation into a reason: its first sentence, lower
// case and without a full stop.
func plainSentence(doc string) string {
	first, _, _ := strings.Cut(doc+" ", ". ")
	first = strings.TrimSuffix(strings.TrimSpace(first), ".")
	if first == "" {
		return ""
	}
	return strings.ToLower(first[:1]) + first[1:]
}

// LookupAbort finds a code of our contracts by the module that aborted.
func LookupAbort(module string, code uint64) (Abort, bool) { return find(aborts, module, code) }

func find(table []Abort, module string, code uint64) (Abort, bool) {
	for _, a := range table {
		if a.Module == module && a.Code == code {
			return a, true
		}
	}
	return Abort{}, false
}

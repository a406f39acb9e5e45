// Package lotse is the map of the rooms; it holds no code. See ARCHITECTURE.md for one request's journey.
//
//	cmd/lotse      the one binary: serve, demo, apply, import, report; alone touches the operating system
//	edge           the front door: listeners, one request's journey, HTTP status in one place, limits, metrics
//	edge/profile   the profile store on Badger
//	edge/consent   consent records and browser signals become situations
//	edge/content   slots, variants, control groups
//	edge/forms     progressive forms
//	edge/tenant    a tenant's folder: strict loader, one immutable configuration
//	policies       the Rego policies and the engine that answers situations with rows
//	runtime        the host of rule modules on wazero
//	runtime/wasm   strict decoder and instrumenter of Wasm binaries
//	rules          plans, scores, bands, quadrants, stages
//	sdk/abi        the contract between host and module; standard library only
//	sdk/go         the guest kit for Go
package lotse

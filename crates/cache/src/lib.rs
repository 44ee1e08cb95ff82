//! Cache.
use attest_sqlcipher as _;

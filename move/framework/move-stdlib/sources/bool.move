/// Truth values have no functions of their own.
#[defines_primitive(bool)]
module std::bool;

//! The numbers by which a frontend refers to the items of a module.

macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
    )+};
}

ids! {
    /// A function of a [`ModuleBuilder`](crate::build::ModuleBuilder): its number in the order of declaration, imports
    /// included. Instructions that are passed to a [`FunctionBuilder`](crate::build::FunctionBuilder), and constant
    /// expressions, refer to functions by this number; indices are assigned when the module is finished.
    FunctionId
    /// A type of a [`ModuleBuilder`](crate::build::ModuleBuilder): its index.
    TypeId
    /// A global of a [`ModuleBuilder`](crate::build::ModuleBuilder): its index.
    GlobalId
    /// A table of a [`ModuleBuilder`](crate::build::ModuleBuilder): its index.
    TableId
    /// A memory of a [`ModuleBuilder`](crate::build::ModuleBuilder): its index.
    MemoryId
    /// An exception tag of a [`ModuleBuilder`](crate::build::ModuleBuilder): its index.
    TagId
    /// An element segment of a [`ModuleBuilder`](crate::build::ModuleBuilder): its index.
    ElementId
    /// A data segment of a [`ModuleBuilder`](crate::build::ModuleBuilder): its index.
    DataId
}

macro_rules! kinds {
    ($(#[doc = $doc:literal])+ $kind:ident: $($variant:ident($id:ident))+) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $kind {$(
            #[doc = concat!("A [`", stringify!($id), "`].")]
            $variant($id),
        )+}

        $(impl From<$id> for $kind {
            fn from(id: $id) -> $kind {
                $kind::$variant(id)
            }
        })+
    };
}

kinds! {
    /// An item that a module can export.
    Exported: Function(FunctionId) Table(TableId) Memory(MemoryId) Global(GlobalId) Tag(TagId)
}

kinds! {
    /// An item that can have a name in the name section. Functions have the name they are declared with.
    Named: Type(TypeId) Table(TableId) Memory(MemoryId) Global(GlobalId) Element(ElementId) Data(DataId) Tag(TagId)
}

FROM scratch
ADD base.tar /

"""How are many repositories worked through, on one machine or several, and gone on with after a stop?"""
